package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
)

// sources is everything read from the modules, before any rule is applied.
type sources struct {
	info      map[string]*infoType         // by instance type
	demand    map[string]map[string]string // Karpenter: region -> type -> USD per hour
	bandwidth map[string]int               // baseline Mbit/s
	gpus      map[string]gpuInfo           // NVIDIA types
	limits    map[string]limits            // ENI limits
	dates     struct{ info, demand, gov, limits string }
}

// infoType is the part of an ec2instances.info record that is used.
type infoType struct {
	Name       string      `json:"instance_type"`
	Generation string      `json:"generation"`
	VCPU       int         `json:"vCPU"`
	Memory     json.Number `json:"memory"` // GiB
	Arch       []string    `json:"arch"`
	GPU        int         `json:"GPU"`
	GPUModel   string      `json:"GPU_model"`
	GPUMemory  json.Number `json:"GPU_memory"` // GiB, all devices
	Network    string      `json:"network_performance"`
	EBS        json.Number `json:"ebs_baseline_bandwidth"` // Mbit/s
	BaseVCPU   *float64    `json:"base_performance"`       // burstable: whole-instance baseline in vCPUs
	VPC        *struct {
		MaxENIs   int `json:"max_enis"`
		IPsPerENI int `json:"ips_per_eni"`
	} `json:"vpc"`
	Pricing map[string]struct {
		Linux *infoPrice `json:"linux"`
	} `json:"pricing"`
}

type infoPrice struct {
	OnDemand  string            `json:"ondemand"`
	Reserved  map[string]string `json:"reserved"`
	Spot      []string          `json:"spot"`
	Interrupt string            `json:"pct_interrupt"`
	Savings   *int              `json:"pct_savings_od"`
}

type gpuInfo struct {
	count     int
	model     string
	memoryMiB int // of one device
}

type limits struct {
	enis, ipv4, branch int
	trunking, metal    bool
	hypervisor         string
}

// linux returns the Linux prices of a type in a region, or nil.
func (s *sources) linux(name, region string) *infoPrice {
	if t := s.info[name]; t != nil {
		if p := t.Pricing[region].Linux; p != nil && p.OnDemand != "" {
			return p
		}
	}
	return nil
}

func readSources() (*sources, error) {
	s := &sources{info: map[string]*infoType{}, demand: map[string]map[string]string{}, bandwidth: map[string]int{}, gpus: map[string]gpuInfo{}, limits: map[string]limits{}}
	s.dates.info = "2025-05-28"
	for _, read := range []struct {
		m  module
		do func(*archive) error
	}{{instanceInfo, s.readInfo}, {karpenter, s.readKarpenter}, {vpcLimits, s.readLimits}} {
		a, err := read.m.open()
		if err != nil {
			return nil, err
		}
		err = read.do(a)
		if closeErr := a.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", read.m, err)
		}
	}
	return s, nil
}

func (s *sources) readInfo(a *archive) error {
	b, err := a.file("data/instances.json")
	if err != nil {
		return err
	}
	var all []*infoType
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("data/instances.json: %w", err)
	}
	for _, t := range all {
		s.info[t.Name] = t
	}
	if len(s.info) < 900 {
		return fmt.Errorf("data/instances.json: only %d types", len(s.info))
	}
	return nil
}

var generatedAt = regexp.MustCompile(`(?i)generated at (\d{4}-\d{2}-\d{2})T`)

// goVar parses Go source and returns the initial value of a package variable
// and the date its "generated at" comment gives.
func goVar(a *archive, name, variable string) (ast.Expr, string, error) {
	b, err := a.file(name)
	if err != nil {
		return nil, "", err
	}
	date := ""
	if m := generatedAt.FindSubmatch(b); m != nil {
		date = string(m[1])
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, b, parser.SkipObjectResolution)
	if err != nil {
		return nil, "", err
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && v.Names[0].Name == variable && len(v.Values) == 1 {
				return v.Values[0], date, nil
			}
		}
	}
	return nil, "", fmt.Errorf("%s: no variable %s", name, variable)
}

// pairs calls f for each key: value of a composite literal (or its address).
func pairs(e ast.Expr, f func(key string, value ast.Expr) error) error {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	c, ok := e.(*ast.CompositeLit)
	if !ok {
		return fmt.Errorf("want a composite literal, got %T", e)
	}
	for _, elt := range c.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			return fmt.Errorf("want key: value, got %T", elt)
		}
		key := ""
		switch k := kv.Key.(type) {
		case *ast.Ident:
			key = k.Name
		case *ast.BasicLit:
			s, err := strconv.Unquote(k.Value)
			if err != nil {
				return err
			}
			key = s
		}
		if err := f(key, kv.Value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// literal returns the text of a basic literal (unquoted) or an identifier.
func literal(e ast.Expr) string {
	switch v := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(v.Value); err == nil {
			return s
		}
		return v.Value
	case *ast.Ident:
		return v.Name
	}
	return ""
}

func number(e ast.Expr) (int, error) { return strconv.Atoi(literal(e)) }

func (s *sources) readKarpenter(a *archive) error {
	for _, f := range []struct {
		name, variable string
		date           *string
	}{
		{"zz_generated.pricing_aws.go", "InitialOnDemandPricesAWS", &s.dates.demand},
		{"zz_generated.pricing_aws_us_gov.go", "InitialOnDemandPricesUSGov", &s.dates.gov},
	} {
		v, date, err := goVar(a, "pkg/providers/pricing/"+f.name, f.variable)
		if err != nil {
			return err
		}
		*f.date = date
		err = pairs(v, func(region string, types ast.Expr) error {
			s.demand[region] = map[string]string{}
			return pairs(types, func(name string, price ast.Expr) error {
				s.demand[region][name] = literal(price)
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	v, _, err := goVar(a, "pkg/providers/instancetype/zz_generated.bandwidth.go", "InstanceTypeBandwidthMegabits")
	if err != nil {
		return err
	}
	err = pairs(v, func(name string, mbps ast.Expr) error {
		n, err := number(mbps)
		s.bandwidth[name] = n
		return err
	})
	if err != nil {
		return err
	}
	v, _, err = goVar(a, "pkg/providers/drametadata/zz_generated_gpu_metadata.go", "GPUMetadataByInstanceType")
	if err != nil {
		return err
	}
	return pairs(v, func(name string, meta ast.Expr) error {
		g, err := readGPU(meta)
		s.gpus[name] = g
		return err
	})
}

// quantity is a Kubernetes memory quantity: "15Gi", "23034Mi".
var quantity = regexp.MustCompile(`^(\d+)([MG])i$`)

// readGPU reads {Count: n, Devices: {{Attributes: productName, Capacity: memory}...}};
// all devices of an instance are alike.
func readGPU(meta ast.Expr) (gpuInfo, error) {
	var g gpuInfo
	var err error
	ast.Inspect(meta, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok || err != nil {
			return true
		}
		switch literal(kv.Key) {
		case "Count":
			g.count, err = number(kv.Value)
		case "productName":
			g.model = callArgument(kv.Value)
		case "memory":
			m := quantity.FindStringSubmatch(callArgument(kv.Value))
			if m == nil {
				err = fmt.Errorf("memory %q is not a quantity", callArgument(kv.Value))
				return false
			}
			g.memoryMiB, err = strconv.Atoi(m[1])
			if m[2] == "G" {
				g.memoryMiB *= 1024
			}
		}
		return true
	})
	return g, err
}

// callArgument finds the literal in {Field: f("literal")}.
func callArgument(e ast.Expr) string {
	out := ""
	ast.Inspect(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && len(c.Args) == 1 {
			out = literal(c.Args[0])
		}
		return true
	})
	return out
}

func (s *sources) readLimits(a *archive) error {
	v, date, err := goVar(a, "pkg/aws/vpc/limits.go", "Limits")
	if err != nil {
		return err
	}
	s.dates.limits = date
	return pairs(v, func(name string, value ast.Expr) error {
		var l limits
		err := pairs(value, func(field string, e ast.Expr) (err error) {
			switch field {
			case "Interface":
				l.enis, err = number(e)
			case "IPv4PerInterface":
				l.ipv4, err = number(e)
			case "BranchInterface":
				l.branch, err = number(e)
			case "IsTrunkingCompatible":
				l.trunking = literal(e) == "true"
			case "IsBareMetal":
				l.metal = literal(e) == "true"
			case "Hypervisor":
				l.hypervisor = literal(e)
			}
			return err
		})
		s.limits[name] = l
		return err
	})
}
