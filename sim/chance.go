package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Stream returns the named stream of random numbers for work, which is drawn
// in arrival order: one stream per attribute, such as "api/arrivals". It is
// ChaCha8 keyed by the SHA-256 of "seed/replication/name" and depends on
// nothing else. Each call starts the stream anew; keep what it returns. Pass
// it to gonum's distributions as Src, whose nil means the global generator.
func Stream(seed, replication uint64, name string) *rand.Rand {
	return rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d/%d/%s", seed, replication, name))))
}

// Stream is the package's Stream with the seed and replication of s.
func (s *Simulation) Stream(name string) *rand.Rand {
	return Stream(s.seed, s.replication, name)
}

// Seed is the seed given to New.
func (s *Simulation) Seed() uint64 { return s.seed }

// Replication is the replication given to New.
func (s *Simulation) Replication() uint64 { return s.replication }

// Purpose says what a keyed draw decides: a boot time, a tie, a phase. Make
// each once, in a package variable.
type Purpose uint64

// NewPurpose is the purpose of that name; equal names give equal purposes.
func NewPurpose(name string) Purpose {
	h := sha256.Sum256([]byte("purpose/" + name))
	return Purpose(binary.LittleEndian.Uint64(h[:]))
}

// Entity is whom a keyed draw concerns: a task by workload and index, an
// instance by provider and launch ordinal. It must name the thing itself, not
// where the program keeps it or when it was met, for draws to repeat.
type Entity uint64

// NewEntity hashes the parts, each with its length, so that ("ab", "c") and
// ("a", "bc") differ. The result is the same on every machine.
func NewEntity(parts ...string) Entity {
	h := uint64(fnvOffset)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * fnvPrime
		}
		h = mix(h + uint64(len(p)))
	}
	return Entity(mix(h))
}

// With is the n-th entity under e: workload.With(task).With(attempt).
// Different n never give the same entity.
func (e Entity) With(n uint64) Entity {
	return Entity(mix(mix(uint64(e)) + golden*(n+1)))
}

// Bits returns 64 random bits that depend on the arguments only, not on any
// draw before: the k-th draw of entity e for purpose p. It is a counter hash
// of a few nanoseconds and keeps no state.
func Bits(seed, replication uint64, p Purpose, e Entity, k uint64) uint64 {
	return keyed(worldKey(seed, replication), p, e, k)
}

// Bits is the package's Bits with the seed and replication of s.
func (s *Simulation) Bits(p Purpose, e Entity, k uint64) uint64 {
	return keyed(s.key, p, e, k)
}

// Uniform is Bits as a number in the open interval (0, 1), a multiple of
// 2^-53, fit for any inverse distribution function.
func (s *Simulation) Uniform(p Purpose, e Entity, k uint64) float64 {
	return openUnit(keyed(s.key, p, e, k))
}

// openUnit maps bits to (0, 1). 52 bits and a half are exact in a float64; 53
// and a half would round up to 1 at the end of the range.
func openUnit(x uint64) float64 { return (float64(x>>12) + 0.5) / (1 << 52) }

func worldKey(seed, replication uint64) uint64 {
	return mix(mix(seed+golden) + golden*(replication+1))
}

// keyed chains three rounds; the last is a bijection of k, so the draws of
// one entity for one purpose never collide.
func keyed(key uint64, p Purpose, e Entity, k uint64) uint64 {
	h := mix(key ^ uint64(p))
	h = mix(h ^ uint64(e))
	return mix(h + golden*(k+1))
}

// golden is 2^64 over the golden ratio, the increment of SplitMix64.
const golden = 0x9E3779B97F4A7C15

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable
// pseudorandom number generators", OOPSLA 2014; constants by D. Stafford).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
