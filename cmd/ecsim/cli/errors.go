package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ecsim/scenarios"
	"ecsim/workloads/traces"
)

// The exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1   // something went wrong that is not the user's input
	ExitUsage       = 2   // command line, scenario, or a file it names
	ExitMissed      = 3   // an SLO or budget is missed
	ExitInfeasible  = 4   // some task can never run or finds no room at the start, or no platform can run the work
	ExitInterrupted = 130 // as shells count a command that SIGINT ended
)

// exitError is an error with the exit code it calls for. A nil err prints
// nothing: all has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// silently ends the command with a code and no message.
func silently(code int) error {
	if code == ExitOK {
		return nil
	}
	return &exitError{code: code}
}

// badInput marks an error as the input's.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: ExitUsage, err: err}
}

// usageError dresses an error of cobra's parsing: what is wrong, and where the
// help is.
func usageError(cmd *cobra.Command, err error) error {
	text := strings.TrimSpace(err.Error())
	// Cobra sets its suggestions as a list under the message.
	if head, near, ok := strings.Cut(text, "\n\nDid you mean this?\n"); ok {
		text = head + "; did you mean " + strings.Join(strings.Fields(near), " or ") + "?"
	}
	path := "ecsim"
	if cmd != nil {
		path = cmd.CommandPath()
	}
	return badInput(fmt.Errorf("ecsim: %s\nsee '%s --help'", text, path))
}

// report prints an error and returns its exit code.
func (e *Env) report(err error) int {
	if err == nil {
		return ExitOK
	}
	code := codeOf(err)
	var faults scenarios.Errors
	var trace *traces.Error
	var x *exitError
	switch {
	case errors.As(err, &x) && x.err == nil:
	case errors.As(err, &faults):
		fmt.Fprintln(e.Err, faults.Error())
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(e.Err, "ecsim: interrupted before anything was finished; nothing was written")
	case errors.As(err, &trace):
		fmt.Fprintln(e.Err, trace.Error()) // file:line: field: what, as editors take it
	default:
		text := err.Error()
		if !strings.HasPrefix(text, "ecsim: ") {
			text = "ecsim: " + text
		}
		fmt.Fprintln(e.Err, text)
	}
	return code
}

// codeOf is the exit code an error calls for.
func codeOf(err error) int {
	var x *exitError
	var faults scenarios.Errors
	var trace *traces.Error
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &x):
		return x.code
	case errors.Is(err, context.Canceled):
		return ExitInterrupted
	case errors.As(err, &faults), errors.As(err, &trace):
		return ExitUsage
	}
	return ExitFailed
}

// problems says how many faults were found where, after they were listed.
func problems(n int, in string) string {
	if n == 1 {
		return "1 problem in " + in
	}
	return fmt.Sprintf("%d problems in %s", n, in)
}
