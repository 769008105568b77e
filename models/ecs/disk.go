package ecs

import "ecsim/workloads/units"

// diskHolds tells whether an instance's disk has room for so many more
// compressed bytes of images. Nothing is deleted for want of room: clean-up
// goes by age alone, and a pull that does not fit fails.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/automated_image_cleanup.html
func (c *Cluster) diskHolds(in *instance, bytes units.Bytes) bool {
	if in.machine.disk == 0 {
		return true
	}
	a := c.pools[in.provider].agent
	used := units.Bytes(a.expansion.Of(int64(c.onDisk(in) + bytes)))
	return used <= in.machine.disk-a.diskReserved
}

// onDisk is how many compressed bytes of images an instance has or is fetching;
// what images of one repository share counts once.
func (c *Cluster) onDisk(in *instance) (sum units.Bytes) {
	for i := range c.images {
		if in.disk.images[i].state == imageAbsent {
			continue
		}
		m := &c.images[i]
		sum += m.size
		// Of the shared parts in a repository the largest holds all.
		for j := range c.images {
			if o := &c.images[j]; j != i && in.disk.images[j].state != imageAbsent && o.repository == m.repository && (o.shared > m.shared || o.shared == m.shared && j < i) {
				sum -= m.shared
				break
			}
		}
	}
	return sum
}

// volumeBytes is the size of a volume written "30 GiB gp3", 0 for none.
func volumeBytes(text string) units.Bytes {
	gib, _, err := parseVolume(text)
	if err != nil {
		return 0
	}
	return units.Bytes(gib) << 30
}
