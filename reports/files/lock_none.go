//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package files

import "os"

// lock holds nothing where the system has no lock that ends with its process:
// two runs at once into one folder are then the user's to avoid.
func lock(*os.File) bool { return true }
