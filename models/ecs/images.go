package ecs

import (
	"cmp"
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
	later      bool // a deployment brings it: nobody has it before
}

// imageSet is the images of a task definition, as far as they are pulled.
type imageSet struct {
	list  []int32 // in Cluster.images; never written to
	bytes units.Bytes
	lazy  bool // no image keeps Fargate from starting before all is there
}

// imageSet resolves images. later tells that a deployment brings those that
// nobody else has.
func (c *Cluster) imageSet(images []ImageConfig, later bool) imageSet {
	s := imageSet{lazy: true}
	for i := range images {
		if m := &images[i]; m.Size > 0 {
			s.list = append(s.list, c.addImage(*m, later))
			s.bytes += m.Size
			s.lazy = s.lazy && m.SOCI
		}
	}
	return s
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

// addImage returns the index of an image, new or known. An image that two
// workloads describe differently is what the first says. All are known before
// the first instance comes, whose disk has a place for each.
func (c *Cluster) addImage(cfg ImageConfig, later bool) int32 {
	for i := range c.images {
		if m := &c.images[i]; m.name == cfg.Name {
			if m.later && !later {
				m.later, m.through = false, c.cfg.Steady
			}
			return int32(i)
		}
	}
	r, _ := registryNamed(cfg.Registry)
	c.images = append(c.images, image{name: cfg.Name, repository: cfg.Repository, size: cfg.Size, shared: units.Bytes(cfg.Shared.Of(int64(cfg.Size))),
		registry: r, through: c.cfg.Steady && !later, later: later})
	return int32(len(c.images) - 1)
}

// cached puts images on an instance's disk that nobody had to pull: those the
// AMI brings.
func (c *Cluster) cached(in *instance, now sim.Time, which func(*image) bool) {
	for i := range in.disk.images {
		if which(&c.images[i]) && in.disk.images[i].state == imageAbsent {
			in.disk.images[i] = onDisk{state: imagePresent, pulled: now}
		}
	}
}

// steadyImages puts all images on an instance's disk, as if tasks had pulled
// them before time 0, but those that deployments bring later.
func (c *Cluster) steadyImages(in *instance, now sim.Time) {
	for i := range in.disk.images {
		if c.images[i].later {
			continue
		}
		in.disk.images[i] = onDisk{state: imagePresent, pulled: now, asked: true}
	}
}

// hasImages tells whether all images of a need are on disk.
func (c *Cluster) hasImages(in *instance, n *need, now sim.Time) bool {
	if now >= in.disk.cleanup {
		c.cleanUp(in, now)
	}
	for _, i := range n.images.list {
		if in.disk.images[i].state != imagePresent {
			return false
		}
	}
	return true
}

// useImages keeps a starting task's images from clean-up.
func (c *Cluster) useImages(in *instance, n *need) {
	for _, i := range n.images.list {
		d := &in.disk.images[i]
		d.users++
		d.tracked = true
	}
}

// leaveImages lets go of them when its containers have exited.
func (c *Cluster) leaveImages(in *instance, n *need, now sim.Time) {
	for _, i := range n.images.list {
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
