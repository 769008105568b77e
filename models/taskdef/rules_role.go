package taskdef

import (
	"regexp"
	"strings"
)

var _ = register(
	Rule{"role-fargate", "On Fargate the execution role pulls from ECR and writes logs.", roleSource, onFargate, roleFargate},
	Rule{"role-secrets", "Secrets and private registries need the execution role.", roleSource, nil, roleSecrets},
	Rule{"role-agent", "Where there is no instance role, the execution role pulls from ECR and writes logs.", roleSource, []LaunchType{External, ManagedInstances}, roleAgent},
	Rule{"log-fargate", "Fargate logs to awslogs, splunk and awsfirelens.", logSource, onFargate, logFargate},
	Rule{"log-options", "awslogs needs a group and a region.", "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html", nil, logOptions},
	Rule{"log-firelens", "awsfirelens needs one container that routes logs.", "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html", nil, firelens},
)

// ecrImage matches private repositories; public.ecr.aws needs no role.
var ecrImage = regexp.MustCompile(`\.dkr[.-]ecr(-fips)?\.`)

func (c *checker) execution() bool { return c.root.str("executionRoleArn") != "" }

// rolesWanted are the places that need an execution role where no instance
// role does the work.
func (c *checker) rolesWanted(note func(v *value, format string, args ...any)) {
	if c.execution() {
		return
	}
	for _, x := range c.containers {
		if ecrImage.MatchString(x.str("image")) {
			note(x.get("image"), "%s needs executionRoleArn to pull from ECR", c.lt)
		}
		if d := x.get("logConfiguration").get("logDriver"); d != nil && d.text == "awslogs" {
			note(d, "%s needs executionRoleArn for the log driver awslogs", c.lt)
		}
	}
}

func roleFargate(c *checker) { c.rolesWanted(c.no) }

func roleAgent(c *checker) { c.rolesWanted(c.warn) }

func roleSecrets(c *checker) {
	if c.execution() {
		return
	}
	for _, x := range c.containers {
		if x.used("secrets") {
			c.no(x.get("secrets"), "secrets need executionRoleArn, whatever the launch type")
		}
		if l := x.get("logConfiguration"); l.used("secretOptions") {
			c.no(l.get("secretOptions"), "secret log options need executionRoleArn, whatever the launch type")
		}
		if r := x.get("repositoryCredentials"); r.used("credentialsParameter") {
			c.no(r, "repositoryCredentials need executionRoleArn, whatever the launch type")
		}
		if x.used("environmentFiles") {
			c.warn(x.get("environmentFiles"), "environment files are read with the execution role, and executionRoleArn is missing")
		}
	}
}

func logFargate(c *checker) {
	for _, x := range c.containers {
		l := x.get("logConfiguration")
		d := l.get("logDriver")
		if d == nil || !memberIn(enums["LogDriver"], d.text) {
			continue
		}
		switch d.text {
		case "awslogs":
			// "Fargate requires log configuration options to include
			// awslogs-stream-prefix to support log driver awslogs."
			// https://github.com/aws/aws-cdk/issues/1422
			if l.get("options").get("awslogs-stream-prefix") == nil {
				c.no(l.at("options"), "FARGATE requires the option awslogs-stream-prefix for the log driver awslogs")
			}
		case "splunk", "awsfirelens":
		default:
			c.no(d, "got %s, want awslogs, splunk or awsfirelens on FARGATE", d.text)
		}
	}
}

func logOptions(c *checker) {
	for _, x := range c.containers {
		l := x.get("logConfiguration")
		if l.str("logDriver") != "awslogs" {
			continue
		}
		var missing []string
		for _, k := range []string{"awslogs-group", "awslogs-region"} {
			if l.get("options").get(k) == nil {
				missing = append(missing, k)
			}
		}
		if missing != nil {
			c.no(l.at("options"), "log driver awslogs requires options: %s", strings.Join(missing, ", "))
		}
	}
}

func firelens(c *checker) {
	var routers []*value
	for _, x := range c.containers {
		if f := x.get("firelensConfiguration"); f != nil {
			routers = append(routers, f)
		}
	}
	if len(routers) > 1 {
		c.no(routers[1], "a task has one container with firelensConfiguration, and this is another")
	}
	for _, x := range c.containers {
		d := x.get("logConfiguration").get("logDriver")
		if d == nil || d.text != "awsfirelens" {
			continue
		}
		switch {
		case len(routers) == 0:
			c.no(d, "awsfirelens needs a container with firelensConfiguration in the task")
		case x.get("firelensConfiguration") != nil:
			c.no(d, "the log router %s cannot log to itself", label(x))
		}
	}
}
