package experiment

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// PlanPart is one thing that decides an experiment's results: a setting, the
// content of a file, the program.
type PlanPart struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PlanHeader is what a plan's hash is made of. As the header of a journal it
// lets a later process name what changed.
type PlanHeader struct {
	Parts  []PlanPart `json:"parts"`
	Chunks int        `json:"chunks"`
	Points int        `json:"points"`
	Runs   int        `json:"replications"` // at most, of each point
}

// Encode returns the header's text and the plan's hash, which is that of it.
func (h *PlanHeader) Encode() ([]byte, Plan) {
	text, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("experiment: a plan that cannot be written: %v", err))
	}
	text = append(text, '\n')
	return text, sha256.Sum256(text)
}

// DecodePlan reads a header's text.
func DecodePlan(text []byte) (*PlanHeader, error) {
	var h PlanHeader
	if err := json.Unmarshal(text, &h); err != nil {
		return nil, fmt.Errorf("the journal's header cannot be read: %w", err)
	}
	return &h, nil
}

// Changes says what differs from an older plan, one line each: "workload.jobs.cpu
// was 512, is 1024".
func (h *PlanHeader) Changes(old *PlanHeader) []string {
	before := make(map[string]string, len(old.Parts))
	for _, p := range old.Parts {
		before[p.Name] = p.Value
	}
	var list []string
	for _, p := range h.Parts {
		was, ok := before[p.Name]
		switch {
		case !ok:
			list = append(list, fmt.Sprintf("%s is new: %s", p.Name, p.Value))
		case was != p.Value:
			list = append(list, fmt.Sprintf("%s was %s, is %s", p.Name, was, p.Value))
		}
		delete(before, p.Name)
	}
	for _, p := range old.Parts {
		if _, gone := before[p.Name]; gone {
			list = append(list, fmt.Sprintf("%s is gone, was %s", p.Name, p.Value))
		}
	}
	if list == nil && (h.Chunks != old.Chunks || h.Points != old.Points || h.Runs != old.Runs) {
		list = append(list, fmt.Sprintf("it has %d points in %d chunks, had %d in %d", h.Points, h.Chunks, old.Points, old.Chunks))
	}
	return list
}
