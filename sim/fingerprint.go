package sim

// Fingerprint hashes a sequence of integers, such as the decisions of a
// scheduler: two runs that decide alike, in the same order, have the same
// sum. It takes whole words through the rule of FNV-1a, which is quick and
// catches accidents, not malice. The zero value is ready.
type Fingerprint uint64 // the hash xor fnvOffset, so that zero is the start

const (
	fnvOffset = 1469598103934665603
	fnvPrime  = 1099511628211
)

// Add appends x to the sequence.
func (f *Fingerprint) Add(x uint64) {
	*f = Fingerprint((uint64(*f)^fnvOffset^x)*fnvPrime) ^ fnvOffset
}

// Sum is the hash of the sequence so far.
func (f Fingerprint) Sum() uint64 { return uint64(f) ^ fnvOffset }
