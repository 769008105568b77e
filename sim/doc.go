// Package sim is a discrete-event simulation engine: a clock, an event queue,
// repeatable chance, and statistics over simulated time. It knows nothing of
// what is simulated.
//
// # Clock and order
//
// Time is an integer number of nanoseconds since the start. A [Simulation]
// handles events in one total order: by time, then [Class], then the order in
// which they were scheduled. It is one goroutine; use several simulations,
// one per replication, to use several processors. An event names a [Handler]
// and an argument rather than a closure, so that a model of any size runs
// without allocating; [Simulation.Cancel] takes an event back.
//
// # Chance
//
// Chance has two forms, because a comparison needs both to hold still. Work,
// such as arrivals and sizes, is drawn in arrival order from named streams,
// one per attribute: see [Stream]. What the world adds, such as start-up
// times, failures and ties, happens in an order that depends on the system
// under test; there each draw is a hash of seed, replication, [Purpose],
// [Entity] and counter, whatever was drawn before: see [Simulation.Bits]. Two
// systems given the same seed and replication thus meet the same work and the
// same luck, and differ only by what they do.
//
// # Statistics
//
// A figure held over time, such as tasks running, is a [Level], and a
// [Series] where its course matters; a figure that occurs once per event, such
// as a wait, is a [Tally]. All are sums of integers in bounded memory: exact,
// the same on every machine, and, for tallies, whatever the order of merging.
package sim
