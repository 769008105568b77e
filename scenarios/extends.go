package scenarios

import "strings"

// extended returns the platform table with extends resolved: each platform is
// a copy of the one it names, patched by its own keys. Lists are replaced.
// broken are the platforms whose extends leads nowhere.
func extended(platforms *node, errs *Errors) (out *node, broken map[string]bool) {
	broken = map[string]bool{}
	names := platforms.keys()
	done := make(map[string]*node, len(names))
	var chain []string
	var resolve func(name string) *node
	resolve = func(name string) *node {
		if n, ok := done[name]; ok {
			return n
		}
		own := platforms.get(name)
		ext := own.get("extends")
		if ext == nil {
			done[name] = own
			return own
		}
		base, ok := ext.value.(string)
		if !ok {
			done[name] = own // the decoder says what is wrong with it
			return own
		}
		for i, c := range chain {
			if c == name {
				errs.add(ext, "platforms extend each other: %s -> %s; remove one extends", strings.Join(chain[i:], " -> "), name)
				for _, b := range chain {
					broken[b] = true
				}
				done[name] = own
				return own
			}
		}
		if platforms.get(base) == nil {
			errs.add(ext, "no platform %q; %s", base, didYouMean(base, others(names, name)))
			broken[name] = true
			done[name] = own
			return own
		}
		chain = append(chain, name)
		b := resolve(base)
		chain = chain[:len(chain)-1]
		if broken[base] {
			broken[name] = true
		}
		if n, ok := done[name]; ok { // closed a cycle
			return n
		}
		if b.table() == nil || own.table() == nil {
			done[name] = own
			return own
		}
		n := merge(b, own)
		done[name] = n
		return n
	}
	t := &table{keys: names, kids: make(map[string]*node, len(names))}
	for _, name := range names {
		t.kids[name] = resolve(name)
	}
	c := *platforms
	c.value = t
	return &c, broken
}

// others returns names without one.
func others(names []string, without string) []string {
	var out []string
	for _, n := range names {
		if n != without {
			out = append(out, n)
		}
	}
	return out
}
