package taskdef

import "strings"

var _ = register(
	Rule{"volumes", "Volumes have names of their own and one kind each.", volumeSource, nil, volumes},
	Rule{"volumes-launch-type", "Host paths, Docker, EFS, FSx and EBS volumes exist on some launch types only.", volumeSource, LaunchTypes, volumesOf},
	Rule{"volumes-efs", "EFS access points and IAM need transit encryption.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html", nil, efs},
	Rule{"mount-points", "Mount points name volumes of the definition.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_MountPoint.html", nil, mountPoints},
	Rule{"volumes-from", "volumesFrom names other containers.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_VolumeFrom.html", nil, volumesFrom},
	Rule{"ephemeral-storage", "Ephemeral storage is 21 to 200 GiB.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html", nil, ephemeral},
	Rule{"ephemeral-storage-fargate", "Ephemeral storage is set for Fargate.", "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html", []LaunchType{EC2, External}, ephemeralOffFargate},
)

var volumeKinds = []string{"dockerVolumeConfiguration", "efsVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration", "s3filesVolumeConfiguration"}

func volumes(c *checker) {
	seen := map[string]bool{}
	ebs := 0
	for _, v := range c.volumes {
		switch n := v.get("name"); {
		case n == nil || n.kind == stringKind && n.text == "":
			c.no(v.at("name"), "the volume has no name")
		default:
			c.name(n, "volume name")
			if seen[n.text] {
				c.no(n, "got %q twice, want a name for each volume", cut(n.text))
			}
			seen[n.text] = true
		}
		var kinds []string
		if v.get("host").str("sourcePath") != "" {
			kinds = append(kinds, "host")
		}
		for _, k := range volumeKinds {
			if v.used(k) {
				kinds = append(kinds, k)
			}
		}
		if v.yes("configuredAtLaunch") {
			kinds = append(kinds, "configuredAtLaunch")
			if ebs++; ebs > 1 {
				c.no(v.get("configuredAtLaunch"), "a task takes one volume that is configured at launch, and this is another")
			}
		}
		if len(kinds) > 1 {
			c.no(v, "got %s, want one kind of volume", strings.Join(kinds, " and "))
		}
		d := v.get("dockerVolumeConfiguration")
		if a := d.get("autoprovision"); a != nil && a.text == "true" && d.str("scope") != "shared" {
			c.warn(a, "autoprovision counts with scope shared only")
		}
	}
}

func volumesOf(c *checker) {
	for _, v := range c.volumes {
		if p := v.get("host").get("sourcePath"); p != nil && p.text != "" && (c.lt == Fargate || c.lt == ManagedInstances) {
			c.no(p, "%s has no host paths; leave host out for an empty volume of the task", c.lt)
		}
		if d := v.get("dockerVolumeConfiguration"); d != nil && (c.lt == Fargate || c.lt == ManagedInstances) {
			c.no(d, "Docker volumes are not supported on %s", c.lt)
		}
		if e := v.get("efsVolumeConfiguration"); e != nil && c.lt == External {
			c.no(e, "EFS volumes are not supported on EXTERNAL instances")
		}
		if e := v.get("s3filesVolumeConfiguration"); e != nil && c.lt == External {
			c.no(e, "S3 Files volumes are not supported on EXTERNAL instances")
		}
		if f := v.get("fsxWindowsFileServerVolumeConfiguration"); f != nil && c.lt != EC2 {
			c.no(f, "FSx for Windows File Server volumes are supported on EC2 only")
		} else if f != nil && !c.windows() {
			c.warn(f, "FSx for Windows File Server volumes need Windows instances: say so in runtimePlatform")
		}
		if v.yes("configuredAtLaunch") && c.lt == External {
			c.no(v.get("configuredAtLaunch"), "EBS volumes are not supported on EXTERNAL instances")
		}
	}
}

func efs(c *checker) {
	for _, v := range c.volumes {
		e := v.get("efsVolumeConfiguration")
		a := e.get("authorizationConfig")
		point := a.str("accessPointId") != ""
		if (point || a.str("iam") == "ENABLED") && e.str("transitEncryption") != "ENABLED" {
			c.no(e.at("transitEncryption"), "an access point or IAM authorization needs transitEncryption ENABLED")
		}
		if dir := e.str("rootDirectory"); point && dir != "" && dir != "/" {
			c.no(e.get("rootDirectory"), "got %q, want \"/\" or nothing: the access point sets the directory", cut(dir))
		}
		c.between(e, "transitEncryptionPort", 1, 65535, "")
	}
}

func mountPoints(c *checker) {
	names := make([]string, 0, len(c.volumes))
	for _, v := range c.volumes {
		names = append(names, v.str("name"))
	}
	for _, x := range c.containers {
		seen := map[string]bool{}
		for _, m := range objects(x.list("mountPoints")) {
			v := m.get("sourceVolume")
			switch {
			case v == nil || v.kind != stringKind:
				if v == nil {
					c.no(m, "the mount point has no sourceVolume")
				}
			case v.text == "" || !memberIn(names, v.text):
				hint := "the definition has none"
				if near := nearest(v.text, names); near != "" {
					hint = "did you mean " + cut(near) + "?"
				} else if strings.Join(names, "") != "" {
					hint = "volumes are " + cut(strings.Join(names, ", "))
				}
				c.no(v, "no volume is named %q; %s", cut(v.text), hint)
			}
			p := m.str("containerPath")
			switch {
			case m.get("containerPath") == nil:
				c.no(m, "the mount point has no containerPath")
			case p != "" && seen[p]:
				c.no(m.get("containerPath"), "two volumes are mounted at %q in container %s", cut(p), label(x))
			}
			seen[p] = true
		}
	}
}

func volumesFrom(c *checker) {
	for _, x := range c.containers {
		for _, f := range objects(x.list("volumesFrom")) {
			v := f.get("sourceContainer")
			switch {
			case v == nil:
				c.no(f, "volumesFrom has no sourceContainer")
			case v.kind != stringKind:
			case v.text != "" && v.text == x.str("name"):
				c.no(v, "container %s mounts its own volumes", label(x))
			case c.container(v.text) == nil:
				c.noContainer(v, "volumesFrom")
			}
		}
	}
}

func ephemeral(c *checker) {
	c.between(c.root.get("ephemeralStorage"), "sizeInGiB", 21, 200, " GiB")
}

func ephemeralOffFargate(c *checker) {
	if e := c.root.get("ephemeralStorage"); e != nil {
		c.warn(e, "ephemeralStorage is Fargate's; %s tasks use the instance's disk", c.lt)
	}
}
