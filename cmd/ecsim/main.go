// Command ecsim is a discrete-event capacity simulator for Amazon ECS.
package main

import (
	"os"

	"ecsim/cmd/ecsim/cli"
)

func main() { os.Exit(cli.Main()) }
