package taskdef

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsim/workloads/units"
)

// TestForms: the ways people keep a definition, and what each comes to.
func TestForms(t *testing.T) {
	good := definition()
	members := strings.TrimSuffix(strings.TrimPrefix(good, "{"), "}")
	for _, c := range []struct {
		name, text string
		verdict    Verdict
		want       string // in a reason, cleaning or note
	}{
		{"register", good, Valid, ""},
		{"describe", `{"taskDefinition": ` + good + `, "tags": []}`, AfterCleaning, "unwrap taskDefinition"},
		{"read-only, numeric date", "{" + members + `, "taskDefinitionArn": "a", "status": "ACTIVE", "revision": 3, "registeredAt": 1690000000.123, "registeredBy": "x", "requiresAttributes": [{"name": "n"}], "compatibilities": ["EC2"]}`, AfterCleaning, "strip read-only: taskDefinitionArn, status, revision, registeredAt, registeredBy, requiresAttributes, compatibilities"},
		{"read-only, ISO date", "{" + members + `, "registeredAt": "2024-05-01T10:00:00.123000+02:00", "deregisteredAt": "2024-05-01T10:00:00Z"}`, AfterCleaning, "registeredAt"},
		{"no date", "{" + members + `, "registeredAt": "yesterday"}`, Invalid, "got the string \"yesterday\""},
		{"nulls", "{" + members + `, "pidMode": null, "tags": null}`, AfterCleaning, "2 null fields"},
		{"number for a size", definition("cpu=256"), AfterCleaning, "cpu is a number"},
		{"no family", definition("-family"), AfterCleaning, "no family"},
		{"list of containers", `[{"name": "a", "image": "b", "memory": 64}]`, Invalid, "got a list of containers"},
		{"misspelt", definition(`memroy="512"`), Invalid, `5: memroy`},
		{"other case", definition(`c.Memory=64`), Invalid, "did you mean memory? keys mind upper and lower case"},
		{"string for a number", definition(`c.memory="64"`), Invalid, `got the string "64", want a whole number`},
		{"fraction", definition(`c.memory=64.5`), Invalid, "got 64.5, want a whole number"},
		{"string for a flag", definition(`c.essential="true"`), Invalid, "want true or false"},
		{"key twice", definition("c.command=[],\"command\": [\"x\"]"), Valid, "the key is given twice"},
		{"placeholder in a string", definition(`c.image="${IMAGE}"`), Valid, "1 placeholder in strings, e.g. ${IMAGE}"},
		{"placeholder for a number", definition(`memory="${MEMORY}"`), Template, "got the placeholder"},
		{"placeholder for a word", definition(`networkMode="{{ mode }}"`), Template, "got the placeholder"},
		{"placeholder and a fault", definition(`networkMode="{{ mode }}"`, "c.memory=1"), Invalid, "at least 6"},
		{"trailing garbage", good + "}", NotJSON, "behind the end"},
		{"trailing comma", "{" + members + ",}", NotJSON, "comma before }"},
		{"comment", "// x\n" + good, NotJSON, "1:1: not JSON: got a comment"},
		{"single quotes", "{\n 'family': 1}", NotJSON, "2:2: not JSON: got a single quote"},
		{"nothing", " \n", NotJSON, "empty"},
		{"cut off", good[:40], NotJSON, "end"},
		{"deep", strings.Repeat("[", 5000), NotJSON, "deeper than"},
		{"service", `{"serviceName": "s", "taskDefinition": "f:1"}`, Invalid, "got the definition of a service"},
		{"CloudFormation", `{"Resources": {}}`, Invalid, "got a CloudFormation template"},
		{"no object", `"x"`, Invalid, "want an object"},
		{"null", "null", Invalid, "got null, want a task definition"},
		{"null container", `{"family": "f", "containerDefinitions": [null]}`, Invalid, "containerDefinitions[0]: got null in a list"},
	} {
		r := Validate([]byte(c.text), Options{LaunchTypes: []LaunchType{EC2}})
		all := append(slices.Clone(r.Cleaning), r.Notes...)
		for _, x := range r.Reasons {
			all = append(all, x.String())
		}
		if got := strings.Join(all, "\n"); r.Verdict != c.verdict || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s with %q:\n%s", c.name, r.Verdict, c.verdict, c.want, got)
		}
	}
}

// TestPlaces: a reason names the path and the line of what is wrong.
func TestPlaces(t *testing.T) {
	text := "{\"family\": \"f\", \"networkMode\": \"host\",\n\"containerDefinitions\": [\n{\"name\": \"a\", \"image\": \"b\", \"memory\": 64},\n{\"name\": \"c\", \"image\": \"d\", \"memory\": 64, \"portMappings\": [\n  {\"containerPort\": 80,\n   \"hostPort\": 8080}]}]}"
	for _, wrapped := range []bool{false, true} {
		in := text
		if wrapped {
			in = `{"taskDefinition": ` + text + "}"
		}
		r := Validate([]byte(in), Options{})
		if len(r.Reasons) != 1 || r.Reasons[0].Path != "containerDefinitions[1].portMappings[0].hostPort" || r.Reasons[0].Line != 6 {
			t.Errorf("got %+v", r.Reasons)
		}
	}
}

// TestSizes: the ways to write a size, and those that are none.
func TestSizes(t *testing.T) {
	for text, want := range map[string]units.CPU{`"256"`: 256, `"0.25 vCPU"`: 256, `".25vcpu"`: 256, `"1 VCPU"`: 1024, `" 512 "`: 512, `512`: 512, `"0.3 vCPU"`: 0, `"0.25"`: 0, `"1024 units"`: 0, `"-256"`: 0, `""`: 0, `256.0`: 0, `"1e3"`: 0} {
		r := Validate([]byte(definition("cpu="+text)), Options{})
		if r.CPU != want || (want == 0) == r.Verdict.Registers() {
			t.Errorf("cpu %s: got %d, %s", text, r.CPU, r.Verdict)
		}
	}
	for text, want := range map[string]units.MiB{`"512"`: 512, `".5 gb"`: 512, `"2GB"`: 2048, `"1 Gb"`: 1024, `1024`: 1024, `"512 MB"`: 0, `"2 GiB"`: 0, `"0"`: 0, `"0.0001 GB"`: 0} {
		r := Validate([]byte(definition("memory="+text)), Options{})
		if r.Memory != want || (want == 0) == r.Verdict.Registers() {
			t.Errorf("memory %s: got %d, %s", text, r.Memory, r.Verdict)
		}
	}
}

// TestWarnings are no refusals: ECS registers what they warn of.
func TestWarnings(t *testing.T) {
	for want, change := range map[string][]string{
		"dynamic range":              {bridge, `c.portMappings=[{"containerPort":80,"hostPort":40000}]`},
		"no instance can place":      {bridge, `c.portMappings=[{"containerPort":80,"hostPort":22}]`},
		"the task will not start":    {`proxyConfiguration={"containerName":"x"}`},
		"documentation wants memory": {"c.memory=64", "c.memoryReservation=64"},
		"ephemeralStorage is":        {`ephemeralStorage={"sizeInGiB":30}`},
	} {
		r := Validate([]byte(definition(change...)), Options{LaunchTypes: []LaunchType{EC2}})
		if r.Verdict != Valid || len(r.Reasons) != 1 || r.Reasons[0].Severity != Warning || !strings.Contains(r.Reasons[0].Text, want) {
			t.Errorf("%s: got %s, %+v", want, r.Verdict, r.Reasons)
		}
	}
}

// TestCompatible: a definition lists the launch types it validates for, and
// those agree with checking each alone.
func TestCompatible(t *testing.T) {
	for _, list := range judgements {
		for _, j := range list {
			text := []byte(definition(j.change...))
			r := Validate(text, Options{})
			for _, lt := range LaunchTypes {
				alone := Validate(text, Options{LaunchTypes: []LaunchType{lt}})
				if alone.Verdict.Registers() != slices.Contains(r.Compatible, lt) {
					t.Fatalf("%s alone is %s, compatible are %v:\n%s\n%v", lt, alone.Verdict, r.Compatible, text, alone.Reasons)
				}
			}
		}
	}
}

// TestDefinition: what the scheduler sees, by the agent's arithmetic.
func TestDefinition(t *testing.T) {
	text := definition("-cpu", "-memory", bridge, `taskRoleArn="t"`, "c.cpu=100", "c.memory=300", "c.memoryReservation=200", `c.resourceRequirements=[{"type":"GPU","value":"2"}]`,
		`c.portMappings=[{"containerPort":80,"hostPort":8080},{"containerPort":81,"protocol":"udp"}]`, `+{"name":"b","image":"b:1","cpu":28,"memory":64,"stopTimeout":7}`)
	d := Validate([]byte(text), Options{}).Definition
	if d.CPU != 128 || d.Memory != 264 || d.GPU != 2 || d.TaskCPU || d.TaskMemory || d.StopTimeout != 7 || len(d.Images) != 2 {
		t.Errorf("got %+v", d)
	}
	if want := []Port{{80, 8080, "tcp", d.Ports[0].Line}, {81, 0, "udp", d.Ports[1].Line}}; !slices.Equal(d.Ports, want) {
		t.Errorf("got ports %+v", d.Ports)
	}
	if !slices.Contains(d.Requires, "com.amazonaws.ecs.capability.task-iam-role") || slices.Contains(d.Requires, "ecs.capability.task-eni") {
		t.Errorf("got attributes %v", d.Requires)
	}
	if _, _, ok := d.FargateSize(); ok {
		t.Error("got a Fargate size for a task with GPUs")
	}
	d.GPU = 0
	if cpu, memory, ok := d.FargateSize(); !ok || cpu != 256 || memory != 512 {
		t.Errorf("got Fargate size %v %v %v", cpu, memory, ok)
	}
}

// FuzzValidate: any bytes are judged without a panic, each reason is a line
// with a place, and what registers can be read by encoding/json.
func FuzzValidate(f *testing.F) {
	for _, list := range judgements {
		f.Add([]byte(definition(list[0].change...)))
	}
	files, _ := filepath.Glob(filepath.Join(realDefinitions, "*.json"))
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := Validate(text, Options{})
		lines := bytes.Count(text, []byte("\n")) + 1
		for _, x := range r.Reasons {
			if s := x.String(); strings.ContainsAny(s, "\n\r") || x.Line < 1 || x.Line > lines {
				t.Errorf("not one line with a place in %d lines: %q", lines, s)
			}
		}
		if (len(r.Refusals()) == 0) != r.Verdict.Registers() {
			t.Errorf("%s with %d refusals", r.Verdict, len(r.Refusals()))
		}
		if json.Valid(text) == (r.Verdict == NotJSON) && len(text) < 1000 && !deep(text) && utf8Clean(text) {
			t.Errorf("encoding/json and this package disagree: %s, %v\n%q", r.Verdict, r.Reasons, text)
		}
	})
}

func deep(text []byte) bool {
	return bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) > 100
}

func utf8Clean(text []byte) bool { return bytes.Equal(text, bytes.ToValidUTF8(text, nil)) }

// TestTenThousand: 10,000 definitions are judged in under 5 s.
func TestTenThousand(t *testing.T) {
	text := []byte(definition(judgements["depends-on"][7].change...))
	start := time.Now()
	for range 10_000 {
		Validate(text, Options{})
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("10,000 definitions took %v, want under 5 s", d)
	}
}

// BenchmarkValidate judges real definitions, or one of the tests where they
// are not there.
func BenchmarkValidate(b *testing.B) {
	var texts [][]byte
	files, _ := filepath.Glob(filepath.Join(realDefinitions, "s*.json"))
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			texts = append(texts, text)
		}
	}
	if texts == nil {
		texts = [][]byte{[]byte(definition())}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		Validate(texts[i%len(texts)], Options{})
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "definitions/s")
}
