package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// module pins one data source. Sum is the checksum-database hash of the zip:
// other bytes are refused.
type module struct{ path, version, sum string }

func (m module) String() string { return m.path + "@" + m.version }

var (
	// instanceInfo carries the ec2instances.info scrape of 2025-05-28: the
	// specifications, on-demand, Reserved Instance and Spot figures of 929
	// types. Data under the MIT licence, (c) 2013 Garret Heaton.
	instanceInfo = module{
		"github.com/cristim/ec2-instances-info", "v0.0.0-20250528091325-32acf84f42eb",
		"h1:exJ9FsMTbotSG5xgDHmFJE84gV3MZ4JRpR8nhbgJz/k=",
	}
	// karpenter carries on-demand prices of us-east-1 and GovCloud, baseline
	// network bandwidth and GPU metadata. Apache-2.0.
	karpenter = module{
		"github.com/aws/karpenter-provider-aws", "v1.15.1",
		"h1:6eH///KgWKDwD2R6wHRnKGN8Vu8OHueaXjNdx64TnuY=",
	}
	// vpcLimits carries network interface and branch interface limits.
	// Apache-2.0.
	vpcLimits = module{
		"github.com/aws/amazon-vpc-resource-controller-k8s", "v1.8.2",
		"h1:S6fvZf7+Xjho4LLo2AdxT3x9yaOJ37Ly/eGQd+ASWi4=",
	}
)

// archive is an opened module zip.
type archive struct {
	module
	*zip.ReadCloser
}

// open asks the go command for the module's zip and opens it. A module that
// declares a newer Go than the one running makes `go mod download` exit with
// an error although the zip is there and verified; only a missing zip counts.
func (m module) open() (*archive, error) {
	cmd := exec.Command("go", "mod", "download", "-json", m.String())
	cmd.Dir = os.TempDir() // outside any module, so that no go.mod or go.sum changes
	cmd.Env = append(os.Environ(), "GO111MODULE=on", "GOFLAGS=", "GOWORK=off")
	out, runErr := cmd.Output()
	var got struct{ Zip, Sum, Error string }
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, fmt.Errorf("go mod download %s: %w", m, errors.Join(runErr, err))
	}
	if got.Zip == "" {
		return nil, fmt.Errorf("go mod download %s: no zip: %s", m, got.Error)
	}
	if got.Sum != m.sum {
		return nil, fmt.Errorf("%s: checksum %s, want %s; the pin in modules.go is for other bytes", m, got.Sum, m.sum)
	}
	z, err := zip.OpenReader(got.Zip)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m, err)
	}
	return &archive{m, z}, nil
}

// file returns the content of one file of the module.
func (a *archive) file(name string) ([]byte, error) {
	f, err := a.Open(a.module.String() + "/" + name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.module, err)
	}
	defer f.Close()
	return io.ReadAll(f)
}
