package traces_test

import (
	"fmt"
	"log"
	"os"
	"strings"

	"ecsim/workloads"
	"ecsim/workloads/traces"
)

// A log of batch jobs becomes tasks; the rules applied on the way are counted.
func ExampleOpen() {
	r, err := traces.Open("testdata/swf.swf", traces.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	var t workloads.Task
	for range 3 {
		if ok, err := r.Next(&t); !ok || err != nil {
			log.Fatal(ok, err)
		}
		s := r.Shapes().At(t.Shape)
		fmt.Printf("%3.0f s: %s, %s for %.0f s\n", t.At.Seconds(), s.CPU, s.Memory, t.Run.Seconds())
	}
	for {
		if ok, err := r.Next(&t); err != nil {
			log.Fatal(err)
		} else if !ok {
			break
		}
	}
	fmt.Printf("%+v\n", r.Accounting())
	for _, o := range r.Oddities() {
		fmt.Printf("%4d  %s\n", o.Count, o.Rule)
	}
	// Output:
	//   0 s: 1 vCPU, 512 MiB for 60 s
	//   0 s: 1 vCPU, 512 MiB for 60 s
	//   0 s: 1 vCPU, 512 MiB for 60 s
	// {Records:40 LeftOut:3 Outside:0 Tasks:137}
	//    1  row earlier than the row before: sorted
	//    1  run time zero: 1 s taken
	//    1  run time negative or unknown: left out
	//    1  processors or CPU unknown: left out
	//    4  memory unknown: 2 GiB per vCPU assumed
	//   21  parallel job: split into tasks of at most 1 vCPU, not a gang
	//    1  requested or allocated processors unknown: the other count taken
	//    4  requested memory unknown: used memory taken
	//    1  status 2-4, a part of a job summed up elsewhere: left out
}

// Describe is `ecsim trace info`.
func ExampleDescribe() {
	d, err := traces.Describe("testdata/rate-csv.csv", traces.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := d.Print(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// testdata/rate-csv.csv
	//   rate-csv (rates). CSV of time stamps and values: period,count and
	//   timestamp,value files, NAB series, and CloudWatch graphs downloaded as CSV
	//   with their leading lines.
	//   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph_metrics.html
	//
	// Header
	//   columns: period, count; values from count
	//
	// Rows
	//   37 rows over 39m, from 2026-03-01 22:00:00 to 2026-03-01 22:39:00
	//   step 1m; 2 gaps with 3 missing steps; 0 repeated time stamps
	//   0 zeros, 0 without a value, 0 left out; total 4,220
	//
	// Values
	//                                p5      p50      p95      p99       max      mean
	//   a step                        7      131      187      192       192     114.1
	//
	// Dispersion               peak/mean      IDC       CV   lag-1 autocorrelation
	//   a step                    1.683    36.17    0.563     0.299
	//
	// Rules a replay applies
	//            3  missing step: zero taken
}

// Text held in memory is read like a file, and errors name the line.
func ExampleOpenFrom() {
	text := "at,run_time,cpu\n0,90,512\n10,soon,512\n"
	r, err := traces.OpenFrom(traces.Bytes("jobs.csv", []byte(text)), traces.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	_, err = traces.WriteTasks(&strings.Builder{}, r)
	fmt.Println(err)
	// Output:
	// jobs.csv:3: run_time: got "soon", want seconds or a duration such as "90s"; mend the line or set on_error = "skip"
}
