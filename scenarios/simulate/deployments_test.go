package simulate

import (
	"context"
	"slices"
	"strings"
	"testing"

	"ecsim/models/result"
	"ecsim/sim"
	"ecsim/workloads/units"
)

// One instance is room for two sets of tasks, so that a deployment waits for
// nothing but its stages; a pull takes 1 s + 30 ms/MB.
const deployed = `
duration = "2d"
runs = { replications = 1 }
[workload.api]
kind = "service"
cpu = 256
memory = 512
desired_count = 3
image = { name = "api:1", size = "350 MB" }
[platform.ec2]
default_capacity_provider_strategy = ["asg"]
[platform.ec2.stages]
ec2_pull = "1s"
ec2_pull_per_mb = "30ms"
[platform.ec2.capacity_provider.asg]
instance_types = ["m5.2xlarge"]
auto_scaling_group = { min = 1, max = 1 }
[platform.fargate]
default_capacity_provider_strategy = ["FARGATE"]
`

// deploys runs the scenario on platform p.
func deploys(t *testing.T, p int, sets ...string) *result.Run {
	t.Helper()
	run, err := Run(context.Background(), parse(t, deployed, sets...), p, 0, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// A deployment with the old images is quicker than one that brings new ones by
// exactly their pull on instances, and just as quick on Fargate, which always
// pulls. (Of several tasks those launched later wait for the rest of the first
// one's pull.)
func TestNewImageTakesItsPull(t *testing.T) {
	steady := func(p int, image string) sim.Time {
		run := deploys(t, p, "workload.api.desired_count=1", `deployment=[{service="api",at="10:00"`+image+`}]`)
		d := run.Deployments[0]
		if d.Outcome != result.DeploymentCompleted {
			t.Fatalf("platform %d, %s: %s", p, image, d.Outcome)
		}
		return d.Steady - d.Started
	}
	for _, c := range []struct {
		image string
		pull  sim.Time
	}{
		{``, 11500 * sim.Millisecond},
		{`,image={size="200 MB"}`, 7 * sim.Second},
		{`,image={name="api:2",shared="60%"}`, 11500 * sim.Millisecond}, // the old one shares nothing
		{`,image={name="api:1"}`, 0},
	} {
		old := steady(0, `,new_image=false`)
		if got := steady(0, c.image) - old; got != c.pull {
			t.Errorf("on instances %s takes %v longer than the old image, want %v", c.image, got, c.pull)
		}
	}
	if with, without := steady(1, ``), steady(1, `,new_image=false`); with != without {
		t.Errorf("on Fargate a new image takes %v, the old one %v, want the same", with, without)
	}
}

// Every time a deployment takes place it brings a new tag; an image whose name
// is written is the same each time, and one that is there is not pulled.
func TestWhatDeploymentsPull(t *testing.T) {
	for _, c := range []struct {
		deployment, image string
		pulls             int64
		bytes             units.Bytes
	}{
		{`{at="10:00",new_image=false}`, ``, 0, 0},
		{`{at="10:00"}`, ``, 2, 700 * units.MB},
		{`{at="10:00",image={size="100 MB"}}`, ``, 2, 200 * units.MB},
		{`{at="10:00",image={name="api:2"}}`, ``, 1, 350 * units.MB},
		{`{at="10:00",image=[{name="api:2"},{name="proxy:1",size="50 MB"}]}`, ``, 2, 400 * units.MB},
		{`{at="10:00"}`, `{name="api:1",size="100 MB",shared="60%"}`, 2, 80 * units.MB},
		{`{at="10:00",image={size="200 MB"}}`, `{name="api:1",size="100 MB",shared="60%"}`, 2, 220 * units.MB}, // 140 MB, then 80 MB
		{`{at="10:00",image={name="other:1"}}`, `{name="api:1",size="100 MB",shared="60%"}`, 1, 100 * units.MB},
		{`{at="10:00"}`, `[{name="api:1",size="100 MB"},{name="proxy:1",size="50 MB"}]`, 4, 300 * units.MB},
		{`{at="10:00",image=[{},{name="proxy:1"}]}`, `[{name="api:1",size="100 MB"},{name="proxy:1",size="50 MB"}]`, 2, 200 * units.MB},
		{`{at="+10h"},{at="+20h",new_image=false}`, ``, 1, 350 * units.MB},
		{`{at="10:00"}`, `{size="0 MB"}`, 0, 0},
	} {
		sets := []string{`deployment=[` + strings.ReplaceAll(c.deployment, `{at`, `{service="api",at`) + `]`}
		if c.image != `` {
			sets = append(sets, `workload.api.image=`+c.image)
		}
		w := deploys(t, 0, sets...).Workloads[0]
		if w.Pulls != c.pulls || w.PulledBytes != c.bytes {
			t.Errorf("%s after %s: %d pulls of %v, want %d of %v", c.deployment, c.image, w.Pulls, w.PulledBytes, c.pulls, c.bytes)
		}
	}
}

// A new image changes neither how many tasks an instance holds nor what is said
// of it, and ECR keeps it beside the old one.
func TestNewImageElsewhere(t *testing.T) {
	said := func(r *result.Run) string {
		i := slices.IndexFunc(r.Notes, func(n result.Note) bool { return strings.Contains(n.Text, "of images in ECR") })
		return r.Notes[i].Text
	}
	with := deploys(t, 0, `deployment=[{service="api",at="10:00"}]`)
	without := deploys(t, 0, `deployment=[{service="api",at="10:00",new_image=false}]`)
	if got, want := with.Workloads[0].Fits, without.Workloads[0].Fits; len(want) != 1 || !slices.Equal(got, want) {
		t.Errorf("an instance holds %v with new images, %v without", got, want)
	}
	if got := said(with); !strings.HasPrefix(got, "1.05 GB ") {
		t.Errorf("got %q, want three images of 350 MB", got)
	}
	if got := said(without); !strings.HasPrefix(got, "350 MB ") {
		t.Errorf("got %q, want one image of 350 MB", got)
	}
}

// What is assumed of the new image is said, where it matters and nobody
// described it.
func TestNewImageIsSaid(t *testing.T) {
	for _, c := range []struct {
		platform   int
		deployment string
		want       string
	}{
		{0, ``, "a deployment of api brings a new image of 350 MB, none of whose layers instances have"},
		{0, `,new_image=false`, ""},
		{0, `,image={size="350 MB"}`, ""},
		{1, ``, ""},
	} {
		run := deploys(t, c.platform, `deployment=[{service="api",at="10:00"`+c.deployment+`}]`)
		i := slices.IndexFunc(run.Notes, func(n result.Note) bool { return strings.Contains(n.Text, "brings a new image") })
		got := ""
		if i >= 0 {
			got = run.Notes[i].Text
		}
		if got != c.want {
			t.Errorf("platform %d, %s: got %q, want %q", c.platform, c.deployment, got, c.want)
		}
	}
}
