package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsim/workloads"
	"ecsim/workloads/units"
)

// DeploymentConfiguration is deployment_configuration of a service or daemon,
// in the API's words.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
type DeploymentConfiguration struct {
	MinimumHealthyPercent int64           `toml:"minimum_healthy_percent" default:"100" min:"0" max:"100" source:"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html" doc:"of the desired count, rounded up; default 100, of a daemon 0"`
	MaximumPercent        int64           `toml:"maximum_percent" default:"200" min:"100" max:"1000" source:"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html" doc:"RUNNING and PENDING tasks, of the desired count, rounded down; default 200, of a daemon always 100"`
	Strategy              string          `toml:"strategy" default:"ROLLING" allowed:"ROLLING|BLUE_GREEN|CANARY|LINEAR"`
	BakeTime              int64           `toml:"bake_time_in_minutes" default:"0" min:"0" max:"1440" doc:"watched this long before it is over; blue/green holds both sets"`
	Breaker               *CircuitBreaker `toml:"deployment_circuit_breaker"`
	Canary                *Canary         `toml:"canary_configuration"`
	Linear                *Linear         `toml:"linear_configuration"`
}

// CircuitBreaker is deployment_circuit_breaker.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
type CircuitBreaker struct {
	Enable             bool       `toml:"enable" default:"false"`
	Rollback           bool       `toml:"rollback" default:"false" doc:"deploy the last COMPLETED deployment again"`
	ResetOnHealthyTask bool       `toml:"reset_on_healthy_task" default:"true" doc:"a healthy task sets the count of failures to 0"`
	Threshold          *Threshold `toml:"threshold_configuration" doc:"default half of the desired count, 3 to 200"`
}

// Threshold is how many failures fail a deployment.
type Threshold struct {
	Type  string `toml:"type" default:"BOUNDED_PERCENT" allowed:"BOUNDED_PERCENT|COUNT|UNBOUNDED_PERCENT"`
	Value int64  `toml:"value" default:"50" min:"1" max:"5000" doc:"percent of the desired count, or a count"`
}

// Canary is canary_configuration.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CanaryConfiguration.html
type Canary struct {
	Percent  units.PPM `toml:"canary_percent" default:"5%" min:"0.1%" max:"100%" doc:"traffic on the new set at first"`
	BakeTime int64     `toml:"canary_bake_time_in_minutes" default:"10" min:"0" max:"1440"`
}

// Linear is linear_configuration.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinearConfiguration.html
type Linear struct {
	StepPercent  units.PPM `toml:"step_percent" default:"10%" min:"3%" max:"100%" doc:"traffic moved at each step"`
	StepBakeTime int64     `toml:"step_bake_time_in_minutes" default:"6" min:"0" max:"1440"`
}

// ScaleInProtection says how many tasks hold off deployments and scale-in.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
type ScaleInProtection struct {
	Share   units.PPM `toml:"share" required:"true" max:"100%" doc:"of the tasks, drawn for each"`
	Minutes int64     `toml:"minutes" default:"120" min:"1" max:"2880" doc:"from RUNNING on"`
}

// ServiceScheduler holds what AWS does not publish of its service scheduler,
// [platform.NAME.service_scheduler].
type ServiceScheduler struct {
	Reaction        units.Duration `toml:"reaction" default:"5s" max:"10m" source:"Assumed: AWS says within seconds" doc:"a deployment is asked for until its first task is asked for"`
	HealthyAfter    units.Duration `toml:"healthy_after" default:"40s" min:"1s" source:"https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html" doc:"RUNNING to healthy, without health check and load balancer"`
	RetryBase       units.Duration `toml:"retry_base" default:"10s" min:"1s" source:"Assumed: AWS publishes the cap alone" doc:"pause after the first tasks that fail to start; it doubles"`
	RetryCap        units.Duration `toml:"retry_cap" default:"27m" min:"1s" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html"`
	RebalanceAfter  units.Duration `toml:"rebalance_after" default:"1m" min:"1s" source:"Assumed: AWS publishes no reaction time" doc:"steady state to the first task moved between zones"`
	StalledAfter    units.Duration `toml:"stalled_after" default:"1h" min:"1m" source:"Assumed" doc:"a deployment under way at the end without progress this long has stalled: exit 4"`
	LaunchPerMinute int64          `toml:"launch_per_minute" default:"500" min:"1" max:"100000" source:"https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html" doc:"tasks of one service"`
}

// ScheduledDeployment is one entry of deployment.
type ScheduledDeployment struct {
	Service     string    `toml:"service" required:"true" doc:"name of a service or daemon"`
	At          string    `toml:"at" required:"true" doc:"\"Tue 14:00\" weekly, \"14:00\" daily, \"2026-11-24T14:00\", \"+1d14h\" after the start, cron(...), rate(...) or at(...)"`
	TaskFailure units.PPM `toml:"task_failure" default:"0%" max:"100%" doc:"share of its tasks that fail"`
	FailureMode string    `toml:"failure_mode" default:"start" allowed:"start|health_check" doc:"start: they never reach RUNNING; health_check: they run and are never healthy"`
	CPU         units.CPU `toml:"cpu" doc:"of the new task definition; default the workload's"`
	Memory      units.MiB `toml:"memory" doc:"of the new task definition; default the workload's"`
	// NewImage brings other images than those the tasks before it ran from.
	NewImage bool       `toml:"new_image" default:"true" source:"Assumed: a deployment brings a new tag of each image" doc:"instances must pull it; false: the same images, as for a change of settings"`
	Image    []NewImage `toml:"image" doc:"the new images, a table or a list of all; default those of the workload with a new tag, at each time; a task set that is there keeps its own"`
	TaskSet  string     `toml:"task_set" doc:"controller EXTERNAL: the set made or changed; \"primary\" runs from the start"`
	Scale    units.PPM  `toml:"scale" max:"100%" doc:"controller EXTERNAL: the set's share of the desired count, rounded up"`

	Where Where `toml:"-"`
}

// NewImage is one container image that a deployment brings. What it leaves out
// is that of the workload's image: the one of its name, else the one at its
// place in the list.
type NewImage struct {
	Name       string       `toml:"name" doc:"with tag or digest; default a new tag of the workload's at each time"`
	Size       *units.Bytes `toml:"size" max:"100 GB" doc:"compressed; default that of the workload's image"`
	Repository string       `toml:"repository" doc:"images of one repository share layers; default that of the workload's image, or the name's"`
	Registry   string       `toml:"registry" allowed:"ecr|docker-hub|ecr-pull-through|other" doc:"default that of the workload's image"`
	Shared     *units.PPM   `toml:"shared" max:"100%" doc:"part of size in layers that other images of the repository have too, the old tag among them; default that of the workload's image"`
	SOCI       *bool        `toml:"soci_index" doc:"default that of the workload's image"`
}

// NewImages are the images of the task definition that d brings to w at a time
// after the start, nil if they are those of the deployment before. Those with
// the same name at two times are the same image.
func (d *ScheduledDeployment) NewImages(w *Workload, at time.Duration) []Image {
	if !d.NewImage || d.TaskSet == "primary" {
		return nil // the primary set runs from the start
	}
	list := d.Image
	if len(list) == 0 {
		list = make([]NewImage, len(w.Image))
	}
	out := make([]Image, 0, len(list))
	for i := range list {
		m := &list[i]
		old := m.replaces(w, i)
		image := Image{Registry: "ecr"}
		if old != nil {
			image = *old
		}
		switch {
		case m.Name == "":
			image.Name = fmt.Sprintf("%s@+%v", image.Name, units.Duration(at))
		case m.Name != "":
			if image.Name = m.Name; old == nil || repositoryOf(m.Name) != repositoryOf(old.Name) {
				image.Repository = repositoryOf(m.Name)
			}
		}
		setTo(&image.Repository, m.Repository)
		setTo(&image.Registry, m.Registry)
		if m.Size != nil {
			image.Size = *m.Size
		}
		if m.Shared != nil {
			image.Shared = *m.Shared
		}
		if m.SOCI != nil {
			image.SOCI = *m.SOCI
		}
		out = append(out, image)
	}
	return out
}

func setTo(s *string, to string) {
	if to != "" {
		*s = to
	}
}

// replaces is the workload's image whose place m takes, the i-th of its list;
// nil where there is none.
func (m *NewImage) replaces(w *Workload, i int) *Image {
	for k := range w.Image {
		if w.Image[k].Name == m.Name {
			return &w.Image[k]
		}
	}
	if i < len(w.Image) {
		return &w.Image[i]
	}
	return nil
}

var weekdays = map[string]time.Weekday{"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

// errMoment says how a moment is written.
var errMoment = errors.New(`want "Tue 14:00" (weekly), "14:00" (daily), "2026-11-24T14:00", "+1d14h" after the start, or cron(...), rate(...), at(...)`)

// moments are the times in [0, end) that text names.
func moments(text string, start time.Time, zone string, end time.Duration) ([]time.Duration, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "+"); ok {
		d, err := units.ParseDuration(rest)
		if err != nil {
			return nil, errMoment
		}
		return within([]time.Duration{time.Duration(d)}, end), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(form, text, loc); err == nil {
			return within([]time.Duration{t.Sub(start)}, end), nil
		}
	}
	if strings.Contains(text, "(") {
		s, err := workloads.ParseSchedule(text)
		if err != nil {
			return nil, err
		}
		var out []time.Duration
		created := start.In(loc)
		for at, ok := s.Next(created.Add(-time.Nanosecond), created); ok && at.Sub(start) < end; at, ok = s.Next(at, created) {
			out = append(out, at.Sub(start))
		}
		return within(out, end), nil
	}
	words := strings.Fields(text)
	day, weekly := time.Sunday, false
	if len(words) == 2 && len(words[0]) >= 3 {
		day, weekly = weekdays[strings.ToLower(words[0][:3])]
		if !weekly || !strings.HasPrefix(strings.ToLower(day.String()), strings.ToLower(words[0])) {
			return nil, errMoment
		}
		words = words[1:]
	}
	if len(words) != 1 {
		return nil, errMoment
	}
	clock, err := time.Parse("15:04", words[0])
	if err != nil {
		return nil, errMoment
	}
	var out []time.Duration
	for t, i := start.In(loc), 0; ; i++ {
		at := time.Date(t.Year(), t.Month(), t.Day()+i, clock.Hour(), clock.Minute(), 0, 0, loc)
		if at.Sub(start) >= end {
			break
		}
		if !weekly || at.Weekday() == day {
			out = append(out, at.Sub(start))
		}
	}
	return within(out, end), nil
}

func within(list []time.Duration, end time.Duration) []time.Duration {
	return slices.DeleteFunc(list, func(t time.Duration) bool { return t < 0 || t >= end })
}

// Moments are the times in [0, end) at which the deployment begins.
func (s *Scenario) Moments(d *ScheduledDeployment, end time.Duration) []time.Duration {
	list, err := moments(d.At, s.Start, s.TimeZone, end)
	if err != nil {
		panic(fmt.Sprintf("scenarios: %q was checked: %v", d.At, err))
	}
	return list
}

// checkDeployments checks the entries of deployment against the workloads.
func (l *loader) checkDeployments(root *node, s *Scenario) {
	n := root.get("deployment")
	if n == nil {
		return
	}
	entries := n.entries()
	var names []string
	for i := range s.Workloads {
		if s.Workloads[i].Kind != "batch" {
			names = append(names, s.Workloads[i].Name)
		}
	}
	for i := range s.Deployment {
		if i >= len(entries) {
			break
		}
		d, e := &s.Deployment[i], entries[i]
		d.Where = e.where
		if d.At != "" {
			l.checkMoment(e, d.At, s)
		}
		k := slices.IndexFunc(s.Workloads, func(w Workload) bool { return w.Name == d.Service })
		switch {
		case d.Service == "":
			continue // said to be missing
		case k < 0:
			l.errs.addKey(e, "service", "no workload %s; %s", quote(d.Service), didYouMean(d.Service, names))
			continue
		case s.Workloads[k].Kind == "batch":
			l.errs.addKey(e, "service", "%s is a batch, which has no deployments; want a service or daemon", d.Service)
			continue
		}
		l.checkNewImages(e, d, s, k)
		external := s.Workloads[k].DeploymentController == "EXTERNAL"
		for _, key := range []string{"task_set", "scale"} {
			switch {
			case !external && e.get(key) != nil:
				l.errs.addKey(e, key, "only deployment_controller = \"EXTERNAL\" has task sets; remove it")
			case external && e.get(key) == nil:
				l.errs.addKey(e, key, "missing; controller EXTERNAL changes task sets, such as task_set = \"green\", scale = \"50%%\"")
			}
		}
	}
}

// checkNewImages checks the images that a deployment of workload k brings.
func (l *loader) checkNewImages(e *node, d *ScheduledDeployment, s *Scenario, k int) {
	n := e.get("image")
	switch {
	case n == nil:
		return
	case !d.NewImage:
		l.errs.add(n, "got images, and new_image is false; remove one")
		return
	case d.TaskSet == "primary":
		l.errs.add(n, "task set \"primary\" runs from the start, from the workload's images; remove it")
		return
	}
	entries := n.entries()
	if len(entries) == 0 {
		l.errs.add(n, "got an empty list, want a table such as { size = \"400 MB\" }, or a list of them; new_image = false keeps the old images")
	}
	for i := range d.Image {
		m := &d.Image[i]
		w := m.another(s, k, i)
		if i >= len(entries) || w == nil {
			continue
		}
		if m.Name == "" {
			l.errs.addKey(entries[i], "name", "missing; %s has no image at this place: want its name, with its tag", w.Name)
		}
		if m.Size == nil {
			l.errs.addKey(entries[i], "size", "missing; %s has no image at this place: want its compressed size, such as \"350 MB\"", w.Name)
		}
	}
}

// another is workload k as it stands where m, the i-th image of a deployment,
// takes no image's place; nil where it always does.
func (m *NewImage) another(s *Scenario, k, i int) *Workload {
	if w := &s.Workloads[k]; m.replaces(w, i) == nil {
		return w
	}
	for p := range s.Platforms {
		if list := s.Platforms[p].Workloads; k < len(list) && m.replaces(&list[k], i) == nil {
			return &list[k]
		}
	}
	return nil
}

// finishService checks how a service or daemon is deployed and fills in what
// depends on its kind.
func (l *loader) finishService(w *Workload, n *node) {
	c := w.DeploymentConfiguration
	cn := n.get("deployment_configuration")
	if c != nil {
		l.checkConfiguration(w, c, cn)
	}
	if w.Kind == "daemon" {
		// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html
		if k := n.get("deployment_controller"); k != nil && w.DeploymentController != "ECS" {
			l.errs.add(k, "got %s; a daemon's controller is ECS", quote(w.DeploymentController))
		}
		return
	}
	if w.AvailabilityZoneRebalancing == "ENABLED" && n.get("availability_zone_rebalancing") != nil {
		if why := w.notRebalanced(); why != "" {
			l.errs.addKey(n, "availability_zone_rebalancing", "got \"ENABLED\", and %s; want \"DISABLED\"", why)
		}
	}
}

func (l *loader) checkConfiguration(w *Workload, c *DeploymentConfiguration, n *node) {
	if w.Kind == "daemon" {
		if n.get("minimum_healthy_percent") == nil {
			c.MinimumHealthyPercent = 0
		}
		if k := n.get("maximum_percent"); k != nil && c.MaximumPercent != 100 {
			l.errs.add(k, "got %d; a daemon's is always 100", c.MaximumPercent)
		}
		c.MaximumPercent = 100
		if k := n.get("strategy"); k != nil && c.Strategy != "ROLLING" {
			l.errs.add(k, "got %s; a daemon is deployed ROLLING", quote(c.Strategy))
		}
	}
	for _, x := range []struct{ key, strategy string }{{"canary_configuration", "CANARY"}, {"linear_configuration", "LINEAR"}} {
		if k := n.get(x.key); k != nil && c.Strategy != x.strategy {
			l.errs.add(k, "only strategy %s has it, and strategy is %s; remove one", x.strategy, c.Strategy)
		}
	}
	switch w.DeploymentController {
	case "CODE_DEPLOY":
		if c.Strategy == "ROLLING" {
			l.errs.addKey(n, "strategy", "got \"ROLLING\"; controller CODE_DEPLOY deploys BLUE_GREEN, CANARY or LINEAR")
		}
	case "EXTERNAL":
		if k := n.get("strategy"); k != nil {
			l.errs.add(k, "controller EXTERNAL has task sets in place of a strategy; remove it")
		}
	}
	if k := n.get("deployment_circuit_breaker"); k != nil && w.DeploymentController != "" && w.DeploymentController != "ECS" {
		l.errs.add(k, "only controller ECS has a circuit breaker; remove it")
	}
	if b := c.Breaker; b != nil && b.Threshold != nil && b.Threshold.Type != "COUNT" && b.Threshold.Value > 100 {
		l.errs.addKey(n.get("deployment_circuit_breaker").get("threshold_configuration"), "value", "got %d, want 1 to 100 percent", b.Threshold.Value)
	}
}

// notRebalanced is why ECS does not balance a service's zones, "" if it does.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (w *Workload) notRebalanced() string {
	switch {
	case w.Kind != "service":
		return "only replica services are rebalanced"
	case w.DeploymentController == "EXTERNAL":
		return "services of controller EXTERNAL are not rebalanced"
	case len(w.PlacementStrategy) > 0 && w.PlacementStrategy[0] != "spread(attribute:ecs.availability-zone)":
		return "it needs no placement strategy, or spread(attribute:ecs.availability-zone) as the first"
	case w.DeploymentConfiguration != nil && w.DeploymentConfiguration.MaximumPercent <= 100:
		return "it needs maximum_percent above 100"
	}
	for _, c := range w.PlacementConstraints {
		if strings.Contains(c, "attribute:ecs.availability-zone") {
			return "a placement constraint names the zone"
		}
	}
	return ""
}

// Rebalanced tells whether ECS balances the zones of service w: by default
// where it can, since 2025-09-05.
func (s *Scenario) Rebalanced(w *Workload) bool {
	return w.AvailabilityZoneRebalancing != "DISABLED" && w.notRebalanced() == "" && !s.classic(w)
}

// classic tells whether w stands behind a Classic Load Balancer, of its own or
// shared.
func (s *Scenario) classic(w *Workload) bool {
	return slices.ContainsFunc(w.LoadBalancer, func(b LoadBalancer) bool {
		return b.Type == "classic" || b.Name != "" && s.LoadBalancers[b.Name].Type == "classic"
	})
}

// checkRebalancing refuses it behind a Classic Load Balancer.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html
func (l *loader) checkRebalancing(root *node, s *Scenario) {
	for i := range s.Workloads {
		w := &s.Workloads[i]
		if n := root.get("workload").get(w.Name); w.AvailabilityZoneRebalancing == "ENABLED" && s.classic(w) {
			l.errs.addKey(n, "availability_zone_rebalancing", "got \"ENABLED\", and a service behind a Classic Load Balancer is not rebalanced; want \"DISABLED\"")
		}
	}
}
