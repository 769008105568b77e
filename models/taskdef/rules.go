package taskdef

import "slices"

// Rule is one thing ECS asks of a definition beyond the shape of its fields.
type Rule struct {
	Name   string
	Doc    string
	Source string
	Only   []LaunchType // whom it concerns; nil for every definition
	Check  func(*checker)
}

var rules []Rule

// register adds the rules of one family; a file calls it from a variable.
func register(list ...Rule) bool {
	rules = append(rules, list...)
	slices.SortFunc(rules, func(a, b Rule) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return true
}

// Rules returns all rules by name.
func Rules() []Rule { return slices.Clone(rules) }

func ruleFor(name string) *Rule {
	for i := range rules {
		if rules[i].Name == name {
			return &rules[i]
		}
	}
	return nil
}

// Pages that several rules rest on.
const (
	containerSource = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html"
	portSource      = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html"
	fargateSource   = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"
	externalSource  = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html"
	managedSource   = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instances-tasks-services.html"
	ec2Source       = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters_ec2.html"
	volumeSource    = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Volume.html"
	linuxSource     = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html"
	roleSource      = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"
	logSource       = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html"
)

var onFargate = []LaunchType{Fargate}
