package cli

import (
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/scenarios/simulate"
)

// inputOf is the answer's input for some platforms of a scenario.
func inputOf(t *testing.T, sets []string, platforms ...string) (facts string, apply map[string][]string) {
	t.Helper()
	sc, err := simulate.Load("launch-types", sets)
	if err != nil {
		t.Fatal(err)
	}
	c := &simulate.Comparison{Scenario: sc}
	for _, p := range platforms {
		c.Outcomes = append(c.Outcomes, &result.Outcome{Platform: p})
	}
	in := answerInput("launch-types", c)
	return in.Architecture + "; " + in.Prices, in.Apply
}

// The head of the answer speaks of the platforms that ran, not of all.
func TestAnswerSpeaksOfWhatRan(t *testing.T) {
	for _, c := range []struct {
		sets      []string
		platforms []string
		want      string
	}{
		{nil, []string{"ec2", "fargate"}, "x86; "},
		{[]string{"platform.fargate.workload.jobs.cpu_architecture=ARM64"}, []string{"ec2"}, "x86; "},
		{[]string{"platform.fargate.workload.jobs.cpu_architecture=ARM64"}, []string{"ec2", "fargate"}, "x86 and Arm; "},
		{[]string{"prices.discount=10%", "prices.savings_plan.commitment=$1/h"}, []string{"ec2", "fargate"},
			"x86; 10% discount, $1/h compute Savings Plan (1y) on list prices"},
		{[]string{"platform.fargate.prices.discount=10%"}, []string{"ec2"}, "x86; "},
		{[]string{"platform.fargate.prices.discount=10%"}, []string{"ec2", "fargate"}, "x86; each platform's own terms on list prices"},
	} {
		if got, _ := inputOf(t, c.sets, c.platforms...); got != c.want {
			t.Errorf("%v on %v: got %q, want %q", c.sets, c.platforms, got, c.want)
		}
	}
}

// The answer ends with what to set in an account.
func TestSettingsToApply(t *testing.T) {
	_, apply := inputOf(t, []string{"platform.ec2.capacity_provider.asg.managed_scaling.target_capacity=80"}, "ec2", "mixed")
	if got := strings.Join(apply["ec2"], "; "); !strings.Contains(got, "asg: m6a.2xlarge, min 3, max 60, target_capacity 80") {
		t.Errorf("ec2: %s", got)
	}
	if got := strings.Join(apply["mixed"], "; "); !strings.Contains(got, "jobs on FARGATE") {
		t.Errorf("mixed: %s", got)
	}
}
