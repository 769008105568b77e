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
