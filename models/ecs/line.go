package ecs

import (
	"math"

	"ecsim/sim"
)

// line is the waiting classes of one provider in a tree that finds the
// earliest task an instance has room for without looking at each class: a
// binary heap layout over leaves, one leaf a class, each node with the least
// of what lies below it. Thousands of different sizes may wait.
type line struct {
	nodes  []lineNode // node i has children 2i and 2i+1; leaves are the last half
	leaves []int32    // class of each leaf, -1 beyond the last
	used   int32
}

type lineNode struct {
	cpu, memory int64
	seq         uint64 // of the earliest task; noSeq where none waits
}

const noSeq = math.MaxUint64

var emptyNode = lineNode{math.MaxInt64, math.MaxInt64, noSeq}

// add gives a new class a leaf.
func (l *line) add(class int32) (leaf int32) {
	if int(l.used) == len(l.leaves) {
		old, n := *l, max(1, 2*len(l.leaves))
		l.nodes, l.leaves = make([]lineNode, 2*n), make([]int32, n)
		for i := range l.nodes {
			l.nodes[i] = emptyNode
		}
		for i := range l.leaves {
			l.leaves[i] = -1
		}
		copy(l.leaves, old.leaves)
		copy(l.nodes[n:], old.nodes[len(old.leaves):])
		for i := n - 1; i > 0; i-- {
			l.raise(i)
		}
	}
	leaf = l.used
	l.leaves[leaf] = class
	l.used++
	return leaf
}

func (l *line) raise(i int) {
	a, b := &l.nodes[2*i], &l.nodes[2*i+1]
	l.nodes[i] = lineNode{min(a.cpu, b.cpu), min(a.memory, b.memory), min(a.seq, b.seq)}
}

// set changes a leaf; emptyNode is a class in which nothing waits.
func (l *line) set(leaf int32, n lineNode) {
	i := int(leaf) + len(l.leaves)
	l.nodes[i] = n
	for i /= 2; i > 0; i /= 2 {
		l.raise(i)
	}
}

// earliest returns the class below node whose first task came before seq and
// earliest of those that fit the instance, with that task's number; -1 if none
// does.
func (c *Cluster) earliest(l *line, node int, in *instance, seq uint64) (int32, uint64) {
	n := &l.nodes[node]
	if n.seq >= seq || n.cpu > in.freeCPU || n.memory > in.freeMemory {
		return -1, seq
	}
	if leaf := node - len(l.leaves); leaf >= 0 {
		ci := l.leaves[leaf]
		if k := &c.classes[ci]; !c.fleet.Fits(c.needs[k.need].plans[k.provider], in.host) {
			return -1, seq
		}
		return ci, n.seq
	}
	first, second := 2*node, 2*node+1
	if l.nodes[second].seq < l.nodes[first].seq {
		first, second = second, first
	}
	best, seq := c.earliest(l, first, in, seq)
	if other, s := c.earliest(l, second, in, seq); other >= 0 {
		return other, s
	}
	return best, seq
}

// headed brings the line up to a class's new first task.
func (c *Cluster) headed(ci int32) {
	k := &c.classes[ci]
	n := emptyNode
	if k.head != none {
		s := &c.needs[k.need].shape
		n = lineNode{int64(s.CPU), int64(s.Memory), c.tasks[k.head].seq}
	}
	c.lines[k.provider].set(k.leaf, n)
}

// roomOn offers room that has just appeared on an instance to the tasks that
// wait for its provider, earliest first. A task waits because no instance had
// room for it, so only this one needs looking at; needs whose constraints
// change while tasks run are tried everywhere.
func (c *Cluster) roomOn(inst int32, now sim.Time) {
	if len(c.gaps) > 0 {
		c.fillGaps(inst, now)
	}
	if c.scheduler != nil {
		c.retryDynamic(now)
		return
	}
	placed := false
	for c.waiting > 0 {
		in := &c.instances[inst]
		l := &c.lines[in.provider]
		if in.state != instanceActive || l.used == 0 {
			break
		}
		best, _ := c.earliest(l, 1, in, noSeq)
		if best < 0 {
			break
		}
		// The room is committed before the line moves up: a task let into
		// PROVISIONING may be placed at once.
		k := c.classes[best]
		c.fleet.Commit(c.needs[k.need].plans[k.provider], in.host)
		c.unwait(k.head)
		c.settle(k.head, inst, now)
		placed = true
	}
	if placed {
		c.retryDynamic(now)
	}
}
