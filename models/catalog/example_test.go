package catalog_test

import (
	"fmt"

	"ecsim/models/catalog"
)

// What does an m6i.large cost an hour, and how many 0.25 vCPU tasks fit?
func Example() {
	t, err := catalog.Type("m6i.large")
	if err != nil {
		fmt.Println(err)
		return
	}
	price, err := catalog.OnDemand(t.Name, "eu-west-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	n, binding := t.TasksPerInstance(256, 512, catalog.Packing{Awsvpc: true})
	fmt.Printf("%s: %d vCPU, %v, $%v an hour (%s)\n", t.Name, t.VCPU, t.MemoryMiB, price.Rate, price.Date)
	fmt.Printf("%d tasks an instance, bound by %s\n", n, binding)
	// Output:
	// m6i.large: 2 vCPU, 8 GiB, $0.107 an hour (2025-05-28)
	// 2 tasks an instance, bound by eni
}

// Rates that are not EC2 are looked up by SKU; a missing one says what is near.
func ExampleRate() {
	f, err := catalog.Rate("fargate.x86.vcpu_hour", "us-east-1")
	fmt.Println(f.Rate, f.Unit, f.Confidence, err)
	_, err = catalog.Rate("fargate.x86.vcpu", "us-east-1")
	fmt.Println(err != nil)
	// Output:
	// 0.04048 vCPU-hour V <nil>
	// true
}
