package simulate

import (
	"fmt"
	"testing"

	"ecsim/models/ecs"
)

// Every capacity kind is documented and sourced, and its own example runs a
// service, a batch and a daemon by the laws, in each network mode it takes.
func TestKindsConform(t *testing.T) {
	for _, k := range ecs.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			if k.Doc == "" || k.Source == "" || k.Family == "" || len(k.NetworkModes) == 0 || k.New == nil || k.Reserved == (k.Example != "") {
				t.Errorf("kind %s lacks a doc, a source, a family, network modes, New, or an example of its table", k.Name)
			}
			for _, mode := range k.NetworkModes {
				retry := "queue"
				provider, strategy := "", fmt.Sprintf("default_capacity_provider_strategy = [%q]\n", k.Name)
				if !k.Reserved {
					provider = fmt.Sprintf("[platform.a.capacity_provider.x]\nkind = %q\n%s\n", k.Name, k.Example)
					strategy = ""
				}
				if k.Queues != nil && !k.Queues(k.Params()) {
					retry = "retry fifo"
				}
				sc := parse(t, fmt.Sprintf(`
duration = "6h"
runs = { replications = 1, warm_up = "30m" }
[workload.agent]
kind = "daemon"
cpu = 128
memory = 256
network_mode = %[1]q
[workload.api]
kind = "service"
desired_count = 3
cpu = 512
memory = "1 GB"
network_mode = %[1]q
[workload.jobs]
kind = "batch"
arrivals = { pattern = "poisson", rate = "1/min" }
run_time = { dist = "exponential", mean = "5m" }
cpu = 256
memory = 512
network_mode = %[1]q
on_no_capacity = %[2]q
[workload.works]
kind = "batch"
arrivals = { schedule = "rate(30 minutes)", count = 2 }
work = "0.2 vCPU-h"
cpu = 1024
memory = "2 GB"
network_mode = %[1]q
on_no_capacity = %[2]q
[platform.a]
%[3]s%[4]s`, mode, retry, strategy, provider))
				c := all(t, sc, 1)
				r := c.Outcomes[0].First
				if r == nil {
					t.Fatalf("%s: refused: %v", mode, c.Outcomes[0].Refused)
				}
				checkLaws(t, k.Name+" "+mode, r)
				if jobs := r.Workload("jobs"); jobs.Finished < 200 || jobs.Cost <= 0 {
					t.Errorf("%s: %d of about 360 jobs finished, for %v", mode, jobs.Finished, jobs.Cost)
				}
				if works := r.Workload("works"); works.Finished < 15 {
					t.Errorf("%s: %d of about 22 works finished", mode, works.Finished)
				}
				daemons := r.Workload("agent").Running
				if k.Instances != (daemons > 0) {
					t.Errorf("%s: %d daemons run at the end", mode, daemons)
				}
				if api := r.Workload("api"); api.Running != 3 {
					t.Errorf("%s: %d of 3 service tasks run at the end", mode, api.Running)
				}
			}
		})
	}
}

// A network mode that Fargate does not have is not ignored in silence.
func TestFixedModeIsTold(t *testing.T) {
	for mode, want := range map[string]bool{`network_mode = "bridge"`: true, `network_mode = "awsvpc"`: false, "": false} {
		sc := parse(t, `
duration = "1h"
runs.replications = 1
[workload.api]
kind = "service"
desired_count = 1
cpu = 256
memory = 512
`+mode+`
[platform.f]
default_capacity_provider_strategy = ["FARGATE"]`)
		told := false
		for _, n := range all(t, sc, 1).Outcomes[0].Notes {
			told = told || n.Text == "api runs in network_mode awsvpc on FARGATE, which has no bridge"
		}
		if told != want {
			t.Errorf("%q: told %v, want %v", mode, told, want)
		}
	}
}
