package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"ecsim/workloads/units"
)

// NoCapacity is what a batch does when no capacity has room for a task.
type NoCapacity struct {
	Mode  NoCapacityMode
	Every units.Duration // RetryEvery: span between attempts
	Times int64          // RetryEvery: attempts after the first
}

// NoCapacityMode is one of the ways to wait for room.
type NoCapacityMode string

// The ways to wait for room, as on_no_capacity writes them.
const (
	Queue      NoCapacityMode = "queue"      // PROVISIONING under managed scaling
	RetryFIFO  NoCapacityMode = "retry fifo" // a caller that tries again in arrival order
	RetryEvery NoCapacityMode = "retry"      // a caller that tries again every so often
	Fail       NoCapacityMode = "fail"       // RunTask's failure is final
)

// ParseOnNoCapacity reads "queue", "retry fifo", "retry 30s x 10" or "fail".
func ParseOnNoCapacity(text string) (NoCapacity, error) {
	want := fmt.Errorf(`got %q, want "queue", "retry fifo", "retry 30s x 10" or "fail"`, text)
	words := strings.Fields(text)
	switch strings.Join(words, " ") {
	case "queue":
		return NoCapacity{Mode: Queue}, nil
	case "retry fifo":
		return NoCapacity{Mode: RetryFIFO}, nil
	case "fail":
		return NoCapacity{Mode: Fail}, nil
	}
	if len(words) != 4 || words[0] != "retry" || words[2] != "x" {
		return NoCapacity{}, want
	}
	every, err := units.ParseDuration(words[1])
	if err != nil || every == 0 {
		return NoCapacity{}, want
	}
	times, err := strconv.ParseInt(words[3], 10, 32)
	if err != nil || times < 1 {
		return NoCapacity{}, want
	}
	return NoCapacity{Mode: RetryEvery, Every: every, Times: times}, nil
}
