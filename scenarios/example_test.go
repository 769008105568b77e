package scenarios_test

import (
	"fmt"

	"ecsim/scenarios"
)

const nightly = `
[workload.nightly]
kind = "batch"
arrivals = { schedule = "cron(0 2 * * ? *)", count = 20 }
work = "12 vCPU-h"
deadline = "4h"
cpu = 4096
memory = "16 GB"

[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]

[platform.spot]
default_capacity_provider_strategy = ["FARGATE_SPOT"]
`

func ExampleParse() {
	s, err := scenarios.Parse("nightly", []byte(nightly), []string{"workload.nightly.memory=30 GB"}, scenarios.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := s.Platforms[1].Workloads[0]
	cpu, memory := w.Size()
	fmt.Println(w.Name, cpu, memory, w.Work, s.Platforms[1].DefaultStrategy[0].CapacityProvider)
	for _, x := range s.Settings() {
		if x.Path == "workload.nightly.memory" || x.Path == "workload.nightly.image.size" {
			fmt.Println(x.Path, "=", x.Value, "from", x.Where, x.Source)
		}
	}
	// Output:
	// nightly 4 vCPU 30 GiB 12 vCPU-h FARGATE_SPOT
	// workload.nightly.image.size = "350 MB" from default Assumed
	// workload.nightly.memory = "30 GB" from --set workload.nightly.memory
}

// All faults come at once, each with its place, what was got and what to do.
func ExampleErrors() {
	_, err := scenarios.Parse("nightly", []byte(nightly+`
deadline = "5h"
[platform.ec2]
default_capacity_provider_strategy = ["FARGATE", "FARGAT_SPOT"]
[platform.ec2.account]
awsvpc_trunking = "no"
`), []string{"workload.nightly.memroy=1 GB"}, scenarios.Options{})
	fmt.Println(err)
	// Output:
	// nightly.toml:16: platform.spot.deadline: unknown key here; it belongs into [workload.NAME]
	// nightly.toml:18: platform.ec2.default_capacity_provider_strategy[1]: platform ec2 has no capacity provider "FARGAT_SPOT"; did you mean FARGATE_SPOT?
	// nightly.toml:20: platform.ec2.account.awsvpc_trunking: got "no", want true or false, without quotes
	// --set workload.nightly.memroy: unknown key; did you mean memory?
}
