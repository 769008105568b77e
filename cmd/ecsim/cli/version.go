package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"ecsim/models/catalog"
)

var _ = Register(Verb{Name: "version", Group: About, New: newVersion})

func newVersion(e *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and the date and hash of the price catalogue",
		Long: `Print the version of ecsim and of Go, and the date and hash of the price
catalogue. Version and catalogue enter the hash of every result: the same
scenario with the same two gives the same bytes.`,
		Example: "  ecsim version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(e.Out, "ecsim %s\n%s %s/%s\nprices of %s, catalogue %s\n",
				Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, catalog.Date(), catalog.Version())
			return err
		},
	}
}
