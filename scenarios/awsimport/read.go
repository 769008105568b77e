// Package awsimport turns what the AWS CLI prints of an ECS cluster into a
// scenario: describe-clusters, describe-services, describe-task-definition,
// describe-capacity-providers, describe-auto-scaling-groups and, for load
// balancers, describe-target-groups. It talks to no network.
//
// A scenario must be one that validates and runs; what a cluster has and the
// scenario cannot say is listed, never dropped in silence.
package awsimport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Input collects the documents of one import, whatever files they came in and
// in whatever order.
type Input struct {
	clusters  []cluster
	services  []service
	taskdefs  []taskDefinition
	providers []capacityProvider
	groups    []group
	targets   []targetGroup
	failures  []string // what AWS said it could not describe
	reads     int      // documents read
}

// Read adds a file: one JSON document, or several one after another. Each is
// told by its top-level key. The error names the file, the line and what was
// got.
func (in *Input) Read(name string, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	docs := 0
	for {
		var doc map[string]json.RawMessage
		start := d.InputOffset()
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &ReadError{name, lineOf(text, errorOffset(err, start)), "", jsonReason(err) + "; want JSON as 'aws ecs describe-...' prints it (--output json)"}
		}
		if err := in.document(name, text, start, doc); err != nil {
			return err
		}
		docs++
	}
	if docs == 0 {
		return &ReadError{name, 0, "", "the file is empty; want JSON as 'aws ecs describe-...' prints it"}
	}
	in.reads += docs
	return nil
}

// documents are the kinds of document by their top-level key.
var documents = map[string]struct {
	command string
	add     func(*Input, json.RawMessage) error
}{
	"clusters":          {"aws ecs describe-clusters", into(func(in *Input) *[]cluster { return &in.clusters })},
	"services":          {"aws ecs describe-services", into(func(in *Input) *[]service { return &in.services })},
	"taskDefinition":    {"aws ecs describe-task-definition", addTaskDefinition},
	"capacityProviders": {"aws ecs describe-capacity-providers", into(func(in *Input) *[]capacityProvider { return &in.providers })},
	"AutoScalingGroups": {"aws autoscaling describe-auto-scaling-groups", into(func(in *Input) *[]group { return &in.groups })},
	"TargetGroups":      {"aws elbv2 describe-target-groups", into(func(in *Input) *[]targetGroup { return &in.targets })},
	"failures":          {"", addFailures},
	"tags":              {"", func(*Input, json.RawMessage) error { return nil }},
	"nextToken":         {"", func(*Input, json.RawMessage) error { return nil }},
	"NextToken":         {"", func(*Input, json.RawMessage) error { return nil }},
	"ResponseMetadata":  {"", func(*Input, json.RawMessage) error { return nil }}, // as SDKs print it
}

// Commands lists the CLI commands whose output is understood, in order.
func Commands() (list []string) {
	for _, d := range documents {
		if d.command != "" {
			list = append(list, d.command)
		}
	}
	slices.Sort(list)
	return list
}

func into[T any](list func(*Input) *[]T) func(*Input, json.RawMessage) error {
	return func(in *Input, raw json.RawMessage) error {
		var more []T
		if err := json.Unmarshal(raw, &more); err != nil {
			return err
		}
		*list(in) = append(*list(in), more...)
		return nil
	}
}

func addTaskDefinition(in *Input, raw json.RawMessage) error {
	t := taskDefinition{raw: bytes.Clone(raw)}
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	in.taskdefs = append(in.taskdefs, t)
	return nil
}

func addFailures(in *Input, raw json.RawMessage) error {
	var list []struct{ ARN, Reason, Detail string }
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	for _, f := range list {
		in.failures = append(in.failures, strings.TrimSpace(f.ARN+" "+f.Reason+" "+f.Detail))
	}
	return nil
}

// document adds one document.
func (in *Input) document(name string, text []byte, start int64, doc map[string]json.RawMessage) error {
	keys := make([]string, 0, len(doc))
	known := false
	for k := range doc {
		keys = append(keys, k)
		known = known || documents[k].command != ""
	}
	slices.Sort(keys)
	line := lineOf(text, start)
	if !known {
		return &ReadError{name, line, "", fmt.Sprintf("got a document with the keys %s, want the output of one of: %s", strings.Join(keys, ", "), strings.Join(Commands(), ", "))}
	}
	for _, k := range keys {
		d, ok := documents[k]
		if !ok {
			continue // a member of the output that a newer CLI adds
		}
		if err := d.add(in, doc[k]); err != nil {
			at := line
			if i := bytes.Index(text[start:], doc[k]); i >= 0 {
				at = lineOf(text, start+int64(i)+errorOffset(err, 0))
			}
			return &ReadError{name, at, k, jsonReason(err)}
		}
	}
	return nil
}

// ReadError is a file that is not what it should be.
type ReadError struct {
	File string
	Line int // 0 when unknown
	Key  string
	Msg  string
}

// Error prints "file:line: key: what".
func (e *ReadError) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d", e.Line)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Msg
}

func errorOffset(err error, otherwise int64) int64 {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return syntax.Offset
	case errors.As(err, &kind):
		return kind.Offset
	}
	return otherwise
}

func jsonReason(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("%s: got a JSON %s, want %s", kind.Field, kind.Value, kind.Type)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the JSON ends too soon"
	}
	return "not valid JSON: " + err.Error()
}

func lineOf(text []byte, offset int64) int {
	offset = min(max(offset, 0), int64(len(text)))
	// A document's line is that of its first character, not of the space before.
	for offset < int64(len(text)) && (text[offset] == '\n' || text[offset] == ' ' || text[offset] == '\t' || text[offset] == '\r') {
		offset++
	}
	return 1 + bytes.Count(text[:offset], []byte("\n"))
}
