package ecs

import (
	"cmp"
	"math/bits"
	"slices"

	"ecsim/sim"
	"ecsim/workloads/units"
)

// ImageConfig is one container image of a workload.
type ImageConfig struct {
	Name       string      // with tag or digest: what the cache of an instance is keyed by
	Repository string      // images of one repository share layers
	Size       units.Bytes // compressed
	// Shared is the part of Size that lies in layers which other images of the
	// repository have as well, 0 to 100 %. Of two images the smaller shared part
	// lies within the larger.
	Shared   units.PPM
	SOCI     bool   // ECR holds a SOCI index of it
	Registry string // "ecr", "docker-hub", "ecr-pull-through", "other"; "" is ecr
}

// image is one image as instances know it.
type image struct {
	name       string
	repository string
	size       units.Bytes
	shared     units.Bytes
	registry   registry
	through    bool // the pull-through cache has it
}

// onDisk is one image on one instance.
type onDisk struct {
	state   imageState
	tracked bool  // pulled or used by a task: the agent may clean it up
	asked   bool  // a pull of it has succeeded here
	users   int32 // tasks whose containers run from it
	pulled  sim.Time
	left    sim.Time // when the last task that used it exited
}

type imageState uint8

const (
	imageAbsent imageState = iota
	imageFetching
	imagePresent
)

// disk is what an instance knows of images. Clean-up runs every so often after
// registration; what a cycle would have done is worked out when a task next
// asks, so that it costs no event.
type disk struct {
	images  []onDisk
	up      sim.Time // cycles are counted from here
	cleanup sim.Time // the next cycle that could find anything
	fetches []fetch
	at      sim.Time // fetches are told up to here
	timer   sim.Timer
	hub     *pullWindow // at Docker Hub, where the instance has an address of its own
}

// fetch is an image on its way to an instance. Its bytes flow first, beside
// those of other fetches; then comes what every pull costs.
type fetch struct {
	image int32
	flow  sim.Time  // left to flow at full speed
	end   sim.Time  // when it is on disk, once all has flowed; flowing before
	fault pullFault // fails at end
	tasks []TaskID  // that wait for it
}

// flowing is the end of a fetch whose bytes still come: time 0 is a time.
const flowing = sim.Time(-1)

// addImage returns the index of a workload's image, new or known. An image
// that two workloads describe differently is what the first says.
func (c *Cluster) addImage(cfg ImageConfig) int32 {
	for i := range c.images {
		if c.images[i].name == cfg.Name {
			return int32(i)
		}
	}
	r, _ := registryNamed(cfg.Registry)
	c.images = append(c.images, image{name: cfg.Name, repository: cfg.Repository, size: cfg.Size, shared: units.Bytes(cfg.Shared.Of(int64(cfg.Size))),
		registry: r, through: c.cfg.Steady})
	return int32(len(c.images) - 1)
}

// cached puts images on an instance's disk that nobody had to pull: all there
// are at a steady start, or those the AMI brings.
func (c *Cluster) cached(in *instance, now sim.Time, which func(*image) bool) {
	for i := range in.disk.images {
		if which(&c.images[i]) && in.disk.images[i].state == imageAbsent {
			in.disk.images[i] = onDisk{state: imagePresent, pulled: now}
		}
	}
}

// steadyImages puts all images on an instance's disk, as if tasks had pulled
// them before time 0.
func (c *Cluster) steadyImages(in *instance, now sim.Time) {
	for i := range in.disk.images {
		in.disk.images[i] = onDisk{state: imagePresent, pulled: now, asked: true}
	}
}

// hasImages tells whether all images of a workload are on disk.
func (c *Cluster) hasImages(in *instance, w *workload, now sim.Time) bool {
	if now >= in.disk.cleanup {
		c.cleanUp(in, now)
	}
	for _, i := range w.images {
		if in.disk.images[i].state != imagePresent {
			return false
		}
	}
	return true
}

// useImages keeps a starting task's images from clean-up.
func (c *Cluster) useImages(in *instance, w *workload) {
	for _, i := range w.images {
		d := &in.disk.images[i]
		d.users++
		d.tracked = true
	}
}

// leaveImages lets go of them when its containers have exited.
func (c *Cluster) leaveImages(in *instance, w *workload, now sim.Time) {
	for _, i := range w.images {
		d := &in.disk.images[i]
		d.left = now
		if d.users--; d.users == 0 {
			in.disk.cleanup = min(in.disk.cleanup, c.cycleFor(in, d))
		}
	}
}

// cycleFor is the clean-up cycle that may delete an image without users:
// its containers are gone a while after they stopped, and it is old enough
// since its pull. Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/automated_image_cleanup.html
// and https://github.com/aws/amazon-ecs-agent/blob/master/agent/engine/docker_image_manager.go
func (c *Cluster) cycleFor(in *instance, d *onDisk) sim.Time {
	a := c.pools[in.provider].agent
	if !a.cleanup || d.state != imagePresent || !d.tracked || d.users > 0 {
		return sim.MaxTime
	}
	from := max(d.left+a.taskCleanup, d.pulled+a.age) - in.disk.up
	return in.disk.up + max(1, (from+a.interval-1)/a.interval)*a.interval
}

// cleanUp does what the cycles up to now would have done: each deletes the
// images used longest ago, so many at most.
func (c *Cluster) cleanUp(in *instance, now sim.Time) {
	a := c.pools[in.provider].agent
	d := &in.disk
	for d.cleanup <= now {
		var old []int32
		for i := range d.images {
			if c.cycleFor(in, &d.images[i]) <= d.cleanup {
				old = append(old, int32(i))
			}
		}
		slices.SortFunc(old, func(x, y int32) int {
			return cmp.Or(cmp.Compare(d.images[x].left, d.images[y].left), cmp.Compare(x, y))
		})
		for _, i := range old[:min(len(old), a.perCycle)] {
			d.images[i] = onDisk{}
			c.imagesDeleted++
		}
		this := d.cleanup
		d.cleanup = sim.MaxTime
		for i := range d.images {
			d.cleanup = min(d.cleanup, max(c.cycleFor(in, &d.images[i]), this+a.interval))
		}
	}
}

// bytesFor is what must be fetched of an image: layers that another image of
// its repository brought are there already. Assumed: so are those on their way.
func (c *Cluster) bytesFor(in *instance, i int32) units.Bytes {
	m := &c.images[i]
	var have units.Bytes
	for j := range c.images {
		if o := &c.images[j]; int32(j) != i && o.repository == m.repository && in.disk.images[j].state != imageAbsent {
			have = max(have, o.shared)
		}
	}
	return m.size - min(have, m.shared)
}

// fetchImages begins the pulls of a task that has reached its agent, or joins
// those under way: layers are fetched once.
func (c *Cluster) fetchImages(id TaskID, now sim.Time) {
	t := &c.tasks[id]
	in := &c.instances[t.inst]
	w := &c.workloads[c.needs[t.need].w]
	a := c.pools[in.provider].agent
	d := &in.disk
	c.flow(in, now)
	for k, i := range w.images {
		o := &d.images[i]
		fault := pullFine
		switch {
		case o.state == imagePresent:
			if len(c.pullFailures) == 0 || !a.asksAbout(o) || !c.injected(t, k, c.images[i].registry, now) {
				o.asked = o.asked || a.asksAbout(o)
				continue
			}
			fault = pullInjected
		case o.state == imageAbsent:
			bytes := c.bytesFor(in, i)
			if fault = c.ask(t, k, i, now); fault == pullFine && !c.diskHolds(in, bytes) {
				fault = pullNoSpace
			}
			if fault == pullFine {
				o.state = imageFetching
				d.fetches = append(d.fetches, fetch{image: i, end: flowing, flow: perMB(c.cfg.Stages.EC2PullPerMB, bytes)})
				w.pull(c, now, bytes)
			}
		}
		t.fetching++
		if fault != pullFine {
			// Others who want the image ask for themselves.
			d.fetches = append(d.fetches, fetch{image: i, end: now + c.cfg.Stages.PullFailure, fault: fault, tasks: []TaskID{id}})
			continue
		}
		f := slices.IndexFunc(d.fetches, func(f fetch) bool { return f.image == i && f.fault == pullFine })
		d.fetches[f].tasks = append(d.fetches[f].tasks, id)
	}
	if t.fetching == 0 {
		c.pulled(id, now)
		return
	}
	c.landed(t.inst, now)
}

// flow brings the fetches of an instance up to now. Each runs at its own full
// speed, and all together no faster than the instance's share of the network.
func (c *Cluster) flow(in *instance, now sim.Time) {
	d := &in.disk
	span := now - d.at
	d.at = now
	if span <= 0 || len(d.fetches) == 0 {
		return
	}
	num, den := c.pullSpeed(in)
	span = sim.Time(mulDiv(int64(span), num, den))
	for i := range d.fetches {
		if f := &d.fetches[i]; f.end == flowing {
			f.flow = max(0, f.flow-span)
		}
	}
}

// pullSpeed is the speed of each flowing fetch as a share of its full speed.
func (c *Cluster) pullSpeed(in *instance) (num, den int64) {
	k := int64(0)
	for i := range in.disk.fetches {
		if in.disk.fetches[i].end == flowing {
			k++
		}
	}
	limit := int64(in.machine.pull) // bytes a second
	// One fetch at full speed takes 1e6 bytes x 1e9 ns / perMB a second.
	hi, most := bits.Mul64(uint64(limit), uint64(c.cfg.Stages.EC2PullPerMB))
	if limit == 0 || k == 0 || hi > 0 || most >= uint64(k)*1e15 {
		return 1, 1
	}
	return int64(most), k * 1e15
}

// pullEvents handles the ends of fetches.
type pullEvents Cluster

// Handle looks at the fetches of instance arg.
func (h *pullEvents) Handle(now sim.Time, arg uint64) {
	c := (*Cluster)(h)
	c.flow(&c.instances[arg], now)
	c.landed(int32(arg), now)
}

// landed takes up fetches that are done and waits for the next.
func (c *Cluster) landed(inst int32, now sim.Time) {
	in := &c.instances[inst]
	d := &in.disk
	var ready []TaskID
	var failed []TaskID
	kept := d.fetches[:0]
	for _, f := range d.fetches {
		if f.end == flowing && f.flow == 0 {
			f.end = now + c.cfg.Stages.EC2Pull
		}
		switch {
		case f.end == flowing || f.end > now:
			kept = append(kept, f)
		case f.fault != pullFine:
			// The agent goes on with the image that is there, unless it must not.
			// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html (ECS_IMAGE_PULL_BEHAVIOR)
			c.failedPull(f.tasks, f.fault, now)
			if a := c.pools[in.provider].agent; d.images[f.image].state == imagePresent && !a.always {
				ready = append(ready, f.tasks...)
				continue
			}
			for _, id := range f.tasks {
				c.tasks[id].fault = f.fault
			}
			failed = append(failed, f.tasks...)
		default:
			o := &d.images[f.image]
			o.state, o.pulled, o.asked = imagePresent, now, true
			ready = append(ready, f.tasks...)
		}
	}
	clear(d.fetches[len(kept):])
	d.fetches = kept
	c.sim.Cancel(d.timer)
	if len(kept) > 0 {
		num, den := c.pullSpeed(in)
		next := sim.MaxTime
		for i := range kept {
			f := &kept[i]
			at := f.end
			if at == flowing {
				hi, lo := bits.Mul64(uint64(f.flow), uint64(den))
				q, r := bits.Div64(hi, lo, uint64(num))
				at = now + sim.Time(q)
				if r > 0 {
					at++
				}
			}
			next = min(next, at)
		}
		d.timer = c.sim.At(next, sim.ClassState, (*pullEvents)(c), uint64(inst))
	}
	for _, id := range failed {
		if t := &c.tasks[id]; t.fault != pullFine && t.fetching > 0 {
			c.cannotPull(id, now)
		}
	}
	for _, id := range ready {
		if t := &c.tasks[id]; t.fetching > 0 {
			if t.fetching--; t.fetching == 0 {
				c.pulled(id, now)
			}
		}
	}
}

// dropFetch takes a task that must stop off the fetches it waits for; they go
// on. Assumed: Docker finishes what it has begun.
func (c *Cluster) dropFetch(id TaskID) {
	t := &c.tasks[id]
	d := &c.instances[t.inst].disk
	for i := range d.fetches {
		f := &d.fetches[i]
		f.tasks = slices.DeleteFunc(f.tasks, func(o TaskID) bool { return o == id })
	}
	t.fetching = 0
}
