package placement
import "testing"
func BenchmarkProf(b *testing.B) {
	c := newChurner(newFleetPlacer(b, 10000, TieKeyed, "binpack(cpu)"), 10000)
	b.ReportAllocs()
	b.ResetTimer()
	c.run(b.N)
}
func BenchmarkProfMem(b *testing.B) {
	c := newChurner(newFleetPlacer(b, 10000, TieKeyed, "binpack(memory)"), 10000)
	b.ReportAllocs()
	b.ResetTimer()
	c.run(b.N)
}
