package scenarios

import (
	"fmt"
	"strings"
)

// Value is one setting of a resolved scenario.
type Value struct{ Path, Text string }

// ReadResolved splits what Resolved wrote into its settings, in order, without
// checking them: those of a folder may be of another version.
func ReadResolved(data []byte) ([]Value, error) {
	var list []Value
	table := ""
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case line == "":
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			table = line[1:len(line)-1] + "."
		default:
			key, value, ok := strings.Cut(line, " = ")
			if strings.HasPrefix(line, `"`) { // a quoted key may hold anything
				if end := strings.Index(line, `" = `); end > 0 {
					key, value = line[:end+1], line[end+4:]
				}
			}
			if !ok {
				return nil, fmt.Errorf("line %d: got %q, want a key and its value as ecsim writes them", i+1, line)
			}
			list = append(list, Value{table + key, value})
		}
	}
	return list, nil
}
