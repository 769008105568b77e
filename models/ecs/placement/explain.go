package placement

// Explain looks at every instance and tells in full why the plan finds none.
// Among instances that fail at the same stage the one that lacks least is the
// closest, then the one with the lowest ordinal.
func (f *Fleet) Explain(p *Plan) Refusal {
	out := Refusal{Closest: NoHost, Reason: ReasonNone}
	for i := range f.hot {
		h := Host(i)
		if f.hot[i].state&alive == 0 {
			continue
		}
		why := f.Why(p, h)
		out.Counts[why]++
		if why == ReasonEmptyProvider {
			continue // another provider's instance
		}
		need, left := amounts(&p.need, &f.hot[h].left, why)
		closer := out.Closest == NoHost
		if !closer {
			switch {
			case why == out.Reason && need-left == out.Need-out.Left:
				closer = f.hot[h].id < f.hot[out.Closest].id
			case why == out.Reason:
				closer = need-left < out.Need-out.Left
			default:
				closer = why == ReasonNone || out.Reason != ReasonNone && why > out.Reason
			}
		}
		if closer {
			out.Closest, out.Reason, out.Need, out.Left = h, why, need, left
		}
	}
	if out.Closest == NoHost {
		out.Reason = ReasonNoActive
		if p.req.Provider >= 0 {
			out.Reason = ReasonEmptyProvider
		}
	}
	return out
}

// amounts are what is needed and left of the resource a reason names.
func amounts(need, left *room, why Reason) (int64, int64) {
	switch why {
	case ReasonCPU:
		return int64(need.cpu), int64(left.cpu)
	case ReasonMemory:
		return int64(need.memory), int64(left.memory)
	case ReasonGPU:
		return int64(need.gpu), int64(left.gpu)
	case ReasonENI:
		return int64(need.eni), int64(left.eni)
	}
	return 0, 0
}
