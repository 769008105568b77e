package catalog

import (
	"fmt"

	"ecsim/workloads/units"
)

// measuredMemory is a figure read from a live container instance.
type measuredMemory struct {
	mib    units.MiB
	source string
}

// Where registered memory was read. Newer images take 1 to 2 % more than
// those of 2018 to 2020.
const (
	sentia2018   = "measured 2018, sentialabs.io ECS calculator"
	exolives2020 = "measured about 2020, github.com/misterfifi1/exo-lives-aws"
	ecsGuide     = "AWS ECS guide, docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html"
	describe     = "single public describe-container-instances output"
)

// registeredMemory holds the newest figure known for each type.
var registeredMemory = map[string]measuredMemory{
	"t2.micro": {993, sentia2018}, "t2.small": {2001, sentia2018}, "t2.medium": {3943, exolives2020}, "t2.large": {7975, exolives2020},
	"t2.xlarge": {16039, exolives2020}, "t2.2xlarge": {32176, sentia2018},
	"t3.small": {1901, describe}, "t3.medium": {3828, describe},
	"m3.medium": {3765, sentia2018}, "m3.large": {7480, sentia2018}, "m3.xlarge": {15040, sentia2018}, "m3.2xlarge": {30160, sentia2018},
	"m4.large": {7985, ecsGuide}, "m4.xlarge": {16048, sentia2018}, "m4.2xlarge": {32176, sentia2018}, "m4.4xlarge": {64417, sentia2018},
	"m4.10xlarge": {161185, sentia2018}, "m4.16xlarge": {257953, sentia2018},
	"m5.large": {7680, exolives2020}, "m5.xlarge": {15576, exolives2020}, "m5.2xlarge": {31368, exolives2020}, "m5.4xlarge": {62950, exolives2020},
	"m5.12xlarge": {189283, exolives2020}, "m5.24xlarge": {378652, exolives2020},
	"c3.large": {3765, sentia2018}, "c3.xlarge": {7480, sentia2018}, "c3.2xlarge": {15040, sentia2018}, "c3.4xlarge": {30145, sentia2018}, "c3.8xlarge": {60385, sentia2018},
	"c4.large": {3768, ecsGuide}, "c4.xlarge": {7480, sentia2018}, "c4.2xlarge": {15040, sentia2018}, "c4.4xlarge": {30158, ecsGuide}, "c4.8xlarge": {60385, sentia2018},
	"c5.large": {3704, exolives2020}, "c5.xlarge": {7624, exolives2020}, "c5.2xlarge": {15463, exolives2020}, "c5.4xlarge": {31142, exolives2020},
	"c5.9xlarge": {70341, exolives2020}, "c5.18xlarge": {140768, exolives2020},
	"c5d.large": {3704, exolives2020}, "c5d.xlarge": {7624, exolives2020}, "c5d.2xlarge": {15463, exolives2020}, "c5d.4xlarge": {31142, exolives2020},
	"c5d.9xlarge": {70341, exolives2020}, "c5d.18xlarge": {140768, exolives2020},
	"r3.large": {15299, sentia2018}, "r3.xlarge": {30680, sentia2018}, "r3.2xlarge": {61442, sentia2018}, "r3.4xlarge": {122950, sentia2018}, "r3.8xlarge": {245996, sentia2018},
	"r4.large": {15292, sentia2018}, "r4.xlarge": {30664, sentia2018}, "r4.2xlarge": {61408, sentia2018}, "r4.4xlarge": {122881, sentia2018},
	"r4.8xlarge": {245857, sentia2018}, "r4.16xlarge": {491809, sentia2018},
	"g4dn.xlarge": {15731, describe}, "inf1.xlarge": {7667, describe},
}

// RegisteredMemory returns the memory an ECS container instance of this type
// registers (before ECS_RESERVED_MEMORY) and where the figure is from. It is
// below nominal: firmware, kernel and crash kernel take their part. AWS
// publishes no table. Types somebody has measured return that figure; for the
// others the nominal size is multiplied by a fraction fitted to them, and
// source starts with "assumed".
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/memory-management.html
func (t *InstanceType) RegisteredMemory() (mib units.MiB, source string) {
	if m, ok := registeredMemory[t.Name]; ok {
		return m.mib, m.source
	}
	permille := t.memoryFraction()
	return t.MemoryMiB * permille / 1000, fmt.Sprintf("assumed: %d.%d %% of nominal, fitted to measured types", permille/10, permille%10)
}

// memoryFraction is the registered share of nominal memory, in permille.
// Assumed: fitted to the measured types by hypervisor and size; bare metal and
// the smallest Nitro sizes, of which none was measured, extend the trend.
func (t *InstanceType) memoryFraction() units.MiB {
	switch {
	case t.BareMetal:
		return 980
	case t.Hypervisor == "xen":
		return 978
	}
	switch gib := t.MemoryMiB / units.GiB; {
	case gib < 2:
		return 900
	case gib < 8:
		return 930
	case gib < 16:
		return 935
	case gib < 32:
		return 952
	case gib < 144:
		return 955
	}
	return 958
}
