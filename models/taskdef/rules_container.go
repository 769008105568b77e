package taskdef

import (
	"regexp"
	"strings"
)

var _ = register(
	Rule{"family", "A family is up to 255 letters, digits, hyphens and underscores.", apiSource, nil, family},
	Rule{"containers", "A task has 1 to 10 containers, at least one essential, each with its own name and an image.", containerSource, nil, containers},
	Rule{"depends-on", "dependsOn names other containers, in no circle, by conditions they can meet.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html", nil, dependsOn},
	Rule{"links", "Links are for bridge mode and name other containers.", containerSource, nil, links},
	Rule{"health-check", "Health checks have a command and keep to their ranges.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html", nil, healthCheck},
	Rule{"timeouts", "Start and stop time-outs are not negative.", containerSource, nil, timeouts},
	Rule{"timeouts-fargate", "Start and stop time-outs are 2 to 120 s on Fargate.", containerSource, onFargate, timeoutsFargate},
	Rule{"restart-policy", "A restart policy resets after 60 to 1,800 s and ignores up to 50 exit codes.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerRestartPolicy.html", nil, restartPolicy},
	Rule{"environment", "Variables and secrets have names of their own; up to 10 environment files.", containerSource, nil, environment},
	Rule{"size-limit", "A task definition has up to 64 KB.", "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html", nil, sizeLimit},
	Rule{"tags", "Up to 50 tags with keys of up to 128 and values of up to 256 characters.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Tag.html", nil, tags},
)

var nameText = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// name checks a name; what holds a placeholder is a template.
func (c *checker) name(v *value, what string) {
	switch {
	case v == nil || v.kind != stringKind || nameText.MatchString(v.text):
	case isPlaceholder(v.text) && len(v.text) <= 255:
		c.template(v, "got the placeholder %q, want a %s of letters, digits, - and _; fill it in first", cut(v.text), what)
	default:
		c.no(v, "got %q, want a %s of 1 to 255 letters, digits, - and _", cut(v.text), what)
	}
}

func family(c *checker) {
	if v := c.root.get("family"); v != nil && v.text != "" {
		c.name(v, "family")
	}
}

func containers(c *checker) {
	list := c.root.get("containerDefinitions")
	if list == nil || list.kind != arrayKind {
		return
	}
	if n := len(list.kids); n == 0 || n > 10 {
		c.no(list, "got %d containers, want 1 to 10", n)
	}
	names := map[string]bool{}
	essential := len(c.containers) == 0
	for _, x := range c.containers {
		if e := x.get("essential"); e == nil || e.text != "false" {
			essential = true
		}
		switch v := x.get("name"); {
		case v == nil || v.kind == stringKind && v.text == "":
			c.no(x.at("name"), "the container has no name; ECS wants one")
		default:
			c.name(v, "container name")
			if names[v.text] {
				c.no(v, "got %q twice, want a name for each container", cut(v.text))
			}
			names[v.text] = true
		}
		switch v := x.get("image"); {
		case v == nil || v.kind == stringKind && v.text == "":
			c.no(x.at("image"), "container %s has no image; ECS wants one", label(x))
		case len(v.text) > 255:
			c.no(v, "got an image name of %d characters, want at most 255", len(v.text))
		case strings.ContainsAny(v.text, " \t\n") && !isPlaceholder(v.text):
			c.no(v, "got %q, want an image name without blanks", cut(v.text))
		}
	}
	if !essential {
		c.no(list, "no container is essential, want at least one: leave essential out or set it to true")
	}
}

// container finds a container by name.
func (c *checker) container(name string) *value {
	for _, x := range c.containers {
		if x.str("name") == name {
			return x
		}
	}
	return nil
}

func (c *checker) noContainer(v *value, what string) {
	if v.text == "" {
		c.no(v, "%s names no container", what)
		return
	}
	names := make([]string, 0, len(c.containers))
	for _, x := range c.containers {
		names = append(names, x.str("name"))
	}
	hint := "containers here are " + cut(strings.Join(names, ", "))
	if near := nearest(v.text, names); near != "" {
		hint = "did you mean " + cut(near) + "?"
	}
	c.no(v, "%s names the container %q, which the definition does not have; %s", what, cut(v.text), hint)
}

func dependsOn(c *checker) {
	edges := map[string][]string{}
	for _, x := range c.containers {
		own := x.str("name")
		for _, d := range objects(x.list("dependsOn")) {
			at := d.at("containerName")
			to := d.str("containerName")
			target := c.container(to)
			switch {
			case d.get("containerName") == nil || at.kind != stringKind:
				continue
			case to == "":
				c.noContainer(at, "dependsOn")
				continue
			case to == own:
				c.no(at, "container %s depends on itself", label(x))
				continue
			case target == nil:
				c.noContainer(at, "dependsOn")
				continue
			}
			edges[own] = append(edges[own], to)
			switch cond := d.str("condition"); cond {
			case "HEALTHY":
				if target.get("healthCheck") == nil {
					c.no(d.get("condition"), "HEALTHY needs a healthCheck in container %s, which has none", cut(to))
				}
			case "COMPLETE", "SUCCESS":
				if e := target.get("essential"); e == nil || e.text != "false" {
					c.no(d.get("condition"), "%s cannot wait for container %s, which is essential: its exit stops the task", cond, cut(to))
				}
			}
		}
	}
	if loop := circle(c, edges); loop != nil {
		x := c.container(loop[0])
		c.no(x.get("dependsOn"), "containers depend on each other in a circle: %s", cut(strings.Join(append(loop, loop[0]), " -> ")))
	}
}

// circle returns the names on a circle of dependencies, nil for none.
func circle(c *checker, edges map[string][]string) []string {
	const walking, done = 1, 2
	state := map[string]int{}
	var chain []string
	var walk func(n string) []string
	walk = func(n string) []string {
		if state[n] == done {
			return nil
		}
		for i, m := range chain {
			if m == n {
				return append([]string(nil), chain[i:]...)
			}
		}
		state[n] = walking
		chain = append(chain, n)
		for _, to := range edges[n] {
			if loop := walk(to); loop != nil {
				return loop
			}
		}
		chain = chain[:len(chain)-1]
		state[n] = done
		return nil
	}
	for _, x := range c.containers {
		if loop := walk(x.str("name")); loop != nil {
			return loop
		}
	}
	return nil
}

func links(c *checker) {
	for _, x := range c.containers {
		if x.used("links") && c.mode != "bridge" && isMode(c.mode) {
			c.no(x.get("links"), "links are for networkMode bridge, and it is %s", c.mode)
		}
		for _, l := range x.list("links") {
			if l.kind != stringKind || isPlaceholder(l.text) {
				continue
			}
			name, alias, colon := strings.Cut(l.text, ":")
			to := *l
			to.text = name
			switch {
			case colon && (alias == "" || strings.Contains(alias, ":")):
				c.no(l, "got %q, want a container's name, or name:alias", cut(l.text))
			case name != "" && name == x.str("name"):
				c.no(l, "container %s links to itself", label(x))
			case c.container(name) == nil || name == "":
				c.noContainer(&to, "a link")
			}
		}
	}
}

func isMode(s string) bool { return memberIn(enums["NetworkMode"], s) }

func memberIn(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// between checks the range of a whole number that may be absent.
func (c *checker) between(x *value, key string, low, high int64, unit string) {
	if n, ok := x.number(key); ok && (n < low || n > high) {
		c.no(x.get(key), "got %d, want %d to %d%s", n, low, high, unit)
	}
}

func healthCheck(c *checker) {
	for _, x := range c.containers {
		h := x.get("healthCheck")
		if h == nil {
			continue
		}
		if list := h.get("command"); list != nil && list.kind == arrayKind {
			cmd := h.list("command")
			switch {
			case len(cmd) == 0:
				c.no(list, "the command is empty, want [\"CMD-SHELL\", \"...\"] or [\"CMD\", \"...\"]")
			case cmd[0].kind == stringKind && cmd[0].text != "CMD" && cmd[0].text != "CMD-SHELL" && cmd[0].text != "NONE":
				c.warn(cmd[0], "got %q, want the command to begin with CMD or CMD-SHELL", cut(cmd[0].text))
			}
		}
		c.between(h, "interval", 5, 300, " s")
		c.between(h, "timeout", 2, 60, " s")
		c.between(h, "retries", 1, 10, "")
		c.between(h, "startPeriod", 0, 300, " s")
	}
}

func timeouts(c *checker) {
	for _, x := range c.containers {
		for _, key := range []string{"startTimeout", "stopTimeout"} {
			if n, ok := x.number(key); ok && n < 0 {
				c.no(x.get(key), "got %d, want 0 s or more", n)
			}
		}
	}
}

func timeoutsFargate(c *checker) {
	for _, x := range c.containers {
		c.between(x, "stopTimeout", 2, 120, " s on FARGATE")
		// Assumed: registered all the same, as public definitions with 600 s are in use.
		if n, ok := x.number("startTimeout"); ok && (n < 2 || n > 120) {
			c.warn(x.get("startTimeout"), "got %d, and FARGATE honours 2 to 120 s", n)
		}
	}
}

func restartPolicy(c *checker) {
	for _, x := range c.containers {
		p := x.get("restartPolicy")
		c.between(p, "restartAttemptPeriod", 60, 1800, " s")
		if n := len(p.list("ignoredExitCodes")); n > 50 {
			c.no(p.get("ignoredExitCodes"), "got %d exit codes, want at most 50", n)
		}
	}
}

func environment(c *checker) {
	for _, x := range c.containers {
		names := map[string]bool{}
		for _, e := range objects(x.list("environment")) {
			n := e.str("name")
			if names[n] && n != "" {
				c.warn(e.at("name"), "the variable %q is given twice; the last one counts", cut(n))
			}
			names[n] = true
		}
		secrets := map[string]bool{}
		for _, s := range objects(x.list("secrets")) {
			n := s.str("name")
			switch {
			case n == "":
			case names[n]:
				c.no(s.at("name"), "%q names a secret and an environment variable of container %s; want one of them", cut(n), label(x))
			case secrets[n]:
				c.no(s.at("name"), "%q names two secrets of container %s", cut(n), label(x))
			}
			secrets[n] = true
		}
		files := x.list("environmentFiles")
		if len(files) > 10 {
			c.no(x.get("environmentFiles"), "got %d environment files, want at most 10", len(files))
		}
		for _, f := range objects(files) {
			if v := f.get("value"); v != nil && v.kind == stringKind && !strings.HasSuffix(v.text, ".env") && !isPlaceholder(v.text) {
				c.no(v, "got %q, want the ARN of an S3 object whose name ends in .env", cut(v.text))
			}
		}
	}
}

func sizeLimit(c *checker) {
	n := c.root.size()
	for i, key := range c.root.keys { // what describe adds does not count
		if _, ok := readOnly[key]; ok {
			n -= c.root.kids[i].size() + len(key) + 4
		}
	}
	if n > 64*1024 {
		c.no(c.root, "the definition has %d bytes without blanks, want at most %d (64 KB)", n, 64*1024)
	}
}

func tags(c *checker) {
	list := c.root.list("tags")
	if len(list) > 50 {
		c.no(c.root.get("tags"), "got %d tags, want at most 50", len(list))
	}
	seen := map[string]bool{}
	for _, t := range objects(list) {
		k, v := t.str("key"), t.str("value")
		switch {
		case k == "" || len([]rune(k)) > 128:
			c.no(t.at("key"), "got a key of %d characters, want 1 to 128", len([]rune(k)))
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			c.no(t.get("key"), "got %q; keys that begin with aws: are AWS's own", cut(k))
		case seen[k]:
			c.no(t.get("key"), "the tag %q is given twice", cut(k))
		}
		seen[k] = true
		if n := len([]rune(v)); n > 256 {
			c.no(t.get("value"), "got a value of %d characters, want at most 256", n)
		}
	}
}
