// Package traces reads recorded workloads: batch logs, container traces,
// request-rate series and lists of machines, in the formats in which they are
// published, gzip included.
//
// One file holds one format, which registers itself. Open gives a
// workloads.Tasks, OpenRates a workloads.Rates, OpenFleet a list of machines,
// and Describe everything `ecsim trace info` prints. A format is found by its
// content (Sniff) unless Options.Format names it.
//
// # What is an error and what is a rule
//
// A line that cannot be read is an error, "file:line: field: got, want; what
// to do", and stops the replay, or is counted with on_error = "skip". What
// real logs hold is not an error but a rule, counted in Oddities: a run time
// of zero is one second; a negative or unknown run time is left out; rows out
// of order are sorted in a bounded buffer; a job of p processors becomes
// ceil(p/k) independent tasks of at most k vCPU (they do not wait for each
// other: not a gang); shares of a GPU round up to a whole one.
//
// # The task-csv format
//
// Our own format for tasks is CSV (RFC 4180, but no line break inside quotes)
// with a header line. Columns may come in any order and case; others are not
// read; at, and one of run_time and work, are required.
//
//	at        arrival: seconds (12.5) or a duration ("1h30m") after the start
//	          of the run, Unix seconds, or a date-time (2026-11-23T08:00:00Z);
//	          dates are moved so that the first arrival is the start
//	run_time  seconds or a duration; empty when work is given
//	cpu       CPU units (512) or vCPUs ("0.5 vCPU"); empty is 1 vCPU
//	memory    MiB (1024) or "1 GB"; empty is the option `memory` per vCPU
//	gpu       GPUs; a share (0.5) rounds up
//	work      vCPU-seconds (90) or "12 vCPU-h"
//	parallel  most CPU a work task can use at once, as cpu; empty is no cap
//	deadline  seconds or a duration after at, or a date-time; empty is none
//	priority  a whole number, higher first
//	use       CPU used while running as a share of cpu, "60%" or 0.6;
//	          empty is 100 %
//
// WriteTasks writes it; what it writes reads back equal.
package traces
