package proxmox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// oldest is the first release that is supported.
	oldest = "7.4"
	// checkTime bounds a whole Check: somebody waits before a screen.
	checkTime = 25 * time.Second
)

// Report is what Check found.
type Report struct {
	Version  string   // 8.4.5; "" when the cluster did not answer
	Nodes    []string // all members
	Storages []string // node/storage of those that take disks
	// Problems are full sentences about what keeps the product from working.
	Problems []string
	// Notes are full sentences about what is unusual and does no harm now.
	Notes []string
}

// Err joins the problems, one per line; nil when there are none.
func (r Report) Err() error {
	if len(r.Problems) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.Problems, "\n"))
}

func (r *Report) problem(format string, v ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, v...))
}

// Check tries everything that provisioning needs and reports every problem at once: network, certificate, credentials,
// rights, nodes, storages. It changes nothing. Questions that depend on a failed one are not asked.
func (c *Cluster) Check(ctx context.Context) Report {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var r Report
	v, err := c.Version(ctx)
	if err != nil {
		r.problem("%s.", capital(err))
		return r
	}
	r.Version = v.Version
	if older(v.Version, oldest) {
		r.problem("Proxmox VE %s is too old; %s is the oldest release that is supported.", v.Version, oldest)
	}
	c.checkRights(ctx, &r)
	c.checkNodes(ctx, &r)
	return r
}

func (c *Cluster) checkRights(ctx context.Context, r *Report) {
	var held permissions
	if err := c.get(ctx, "/access/permissions", &held); err != nil {
		r.problem("The rights of %s cannot be read: %v.", c.auth, err)
		return
	}
	for _, m := range held.missing(r.Version) {
		text := fmt.Sprintf("%s lacks the privilege %s on %s; it is needed to %s. Grant it under Datacenter, Permissions%s.",
			capitalText(c.auth.String()), m.privilege, m.where, m.use, c.separation())
		if m.rare {
			r.Notes = append(r.Notes, text)
			continue
		}
		r.Problems = append(r.Problems, text)
	}
}

// separation reminds of the trap that a token does not have the rights of its user.
func (c *Cluster) separation() string {
	if c.auth.token() {
		return ", to the token itself unless it was created without privilege separation"
	}
	return ""
}

func (c *Cluster) checkNodes(ctx context.Context, r *Report) {
	nodes, err := c.Nodes(ctx)
	if err != nil {
		r.problem("%s.", capital(err))
		return
	}
	if len(nodes) == 0 {
		r.problem("The cluster shows no nodes to %s.", c.auth)
	}
	for _, n := range nodes {
		r.Nodes = append(r.Nodes, n.Name)
		if !n.Online {
			r.Notes = append(r.Notes, fmt.Sprintf("Node %s is offline; no guest is created there until it is back.", n.Name))
			continue
		}
		c.checkStorages(ctx, n.Name, r)
	}
}

func (c *Cluster) checkStorages(ctx context.Context, node string, r *Report) {
	storages, err := c.Storages(ctx, node)
	if err != nil {
		r.problem("%s.", capital(err))
		return
	}
	before := len(r.Storages)
	for _, s := range storages {
		switch takes := slices.Contains(s.Content, "images"); {
		case takes && s.Active:
			r.Storages = append(r.Storages, node+"/"+s.ID)
		case takes:
			r.Notes = append(r.Notes, fmt.Sprintf("Storage %s on node %s is not active.", s.ID, node))
		}
	}
	if len(r.Storages) == before {
		r.problem("Node %s has no active storage for VM disks that %s may see; give one the content type Disk image, "+
			"and grant Datastore.Audit and Datastore.AllocateSpace on it.", node, c.auth)
	}
}

// older compares the first two numbers of versions.
func older(version, limit string) bool {
	a, b := pair(version), pair(limit)
	return a[0] < b[0] || a[0] == b[0] && a[1] < b[1]
}

func pair(version string) (p [2]int) {
	for i, part := range strings.SplitN(version, ".", 3) {
		if i < len(p) {
			digits, _, _ := strings.Cut(part, "-") // 7.4-16
			p[i], _ = strconv.Atoi(digits)
		}
	}
	return p
}

func capital(err error) string { return capitalText(err.Error()) }

func capitalText(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
