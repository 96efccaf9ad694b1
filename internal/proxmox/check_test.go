package proxmox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

// healthy answers what Check asks; change overrides answers by path.
func healthy(version string, held map[string][]string, change map[string]reply) *stub {
	tree := map[string]map[string]int{}
	for path, privileges := range held {
		tree[path] = map[string]int{}
		for _, p := range privileges {
			tree[path][p] = 1
		}
	}
	permissions, _ := json.Marshal(tree)
	return &stub{answers: func(_ int, r request) reply {
		if a, found := change[r.path]; found {
			return a
		}
		switch r.path {
		case "/version":
			return ok(fmt.Sprintf(`{"version":%q,"release":"x"}`, version))
		case "/access/permissions":
			return ok(string(permissions))
		case "/nodes":
			return ok(`[{"node":"pve1","status":"online"},{"node":"pve2","status":"offline"}]`)
		default:
			return ok(`[{"storage":"local-lvm","content":"images","active":1},{"storage":"nfs","content":"images","active":0},{"storage":"iso","content":"iso","active":1}]`)
		}
	}}
}

func TestCheck_aHealthyClusterHasNoProblems(t *testing.T) {
	t.Parallel()
	for name, held := range map[string]map[string][]string{
		"all at the top": {"/": proxmox.Role("8.4.5")},
		"each on its path": {
			"/vms":         grep(proxmox.Role("8.4.5"), "VM."),
			"/storage/big": grep(proxmox.Role("8.4.5"), "Datastore."),
			"/nodes":       {"Sys.Audit"}, "/sdn/zones/localnetwork/vmbr0": {"SDN.Use"}, "/pool": {"Pool.Audit", "Pool.Allocate"},
		},
		"guests by pool": {
			"/pool/tenants": slices.Concat(grep(proxmox.Role("8.4.5"), "VM."), grep(proxmox.Role("8.4.5"), "Datastore."), grep(proxmox.Role("8.4.5"), "Pool.")),
			"/nodes":        {"Sys.Audit"}, "/sdn": {"SDN.Use"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := cluster(t, healthy("8.4.5", held, nil), nil).Check(context.Background())
			if err := got.Err(); err != nil || got.Version != "8.4.5" || !slices.Equal(got.Nodes, []string{"pve1", "pve2"}) || !slices.Equal(got.Storages, []string{"pve1/local-lvm"}) {
				t.Errorf("got %+v", got)
			}
			if len(got.Notes) != 2 {
				t.Errorf("got notes %q, want one about the offline node and one about the inactive storage", got.Notes)
			}
		})
	}
}

func grep(all []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(p string) bool { return !strings.HasPrefix(p, prefix) })
}

func TestCheck_namesEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	held := map[string][]string{"/": slices.DeleteFunc(proxmox.Role("9.2"), func(p string) bool { return p == "VM.Clone" || p == "SDN.Use" })}
	s := healthy("9.2.3", held, map[string]reply{"/nodes/pve1/storage": ok(`[{"storage":"iso","content":"iso","active":1}]`)})
	got := cluster(t, s, nil).Check(context.Background())
	for _, want := range []string{"VM.Clone on /vms", "SDN.Use on /sdn/zones/localnetwork", "Node pve1 has no active storage"} {
		if !slices.ContainsFunc(got.Problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("got %q, want a problem with %q", got.Problems, want)
		}
	}
	if len(got.Problems) != 3 || !strings.Contains(got.Problems[0], tokenID) || !strings.Contains(got.Problems[0], "privilege separation") {
		t.Errorf("got %q, want three problems that name the token", got.Problems)
	}
}

func TestCheck_stopsWhereNothingMoreCanBeKnown(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change map[string]reply
		want   string
		asked  int
	}{
		"wrong token": {map[string]reply{"/version": {401, "invalid token value!", ""}}, "does not accept the API token", 1},
		"no Proxmox":  {map[string]reply{"/version": {200, "OK", "<html>"}}, "is this the address of a Proxmox API?", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := healthy("8.4.5", nil, row.change)
			got := cluster(t, s, nil).Check(context.Background())
			if len(got.Problems) != 1 || !strings.Contains(got.Problems[0], row.want) || len(s.requests()) != row.asked {
				t.Errorf("got %q after %d requests, want one problem with %q", got.Problems, len(s.requests()), row.want)
			}
		})
	}
}

func TestCheck_rarelyNeededRightsAreNotes(t *testing.T) {
	t.Parallel()
	held := map[string][]string{"/": slices.DeleteFunc(proxmox.Role("9.2"), func(p string) bool { return strings.HasPrefix(p, "Pool.") })}
	got := cluster(t, healthy("9.2.3", held, nil), nil).Check(context.Background())
	if got.Err() != nil || !strings.Contains(strings.Join(got.Notes, "\n"), "Pool.Allocate on /pool") {
		t.Errorf("got %+v, want a note only", got)
	}
}

func TestCheck_grantsThatDoNotPropagateDoNotCountBelow(t *testing.T) {
	t.Parallel()
	s := healthy("7.4-16", nil, map[string]reply{"/access/permissions": ok(`{"/vms":{"VM.Clone":0,"VM.Audit":1},"/vms/100":{"VM.PowerMgmt":0}}`)})
	problems := strings.Join(cluster(t, s, nil).Check(context.Background()).Problems, "\n")
	if !strings.Contains(problems, "VM.Clone on /vms") || strings.Contains(problems, "VM.Audit") || strings.Contains(problems, "VM.PowerMgmt") || strings.Contains(problems, "SDN.Use") {
		t.Errorf("got %s", problems)
	}
}

func TestCheck_refusesVersionsBefore74(t *testing.T) {
	t.Parallel()
	for version, tooOld := range map[string]bool{"6.4-15": true, "7.3-6": true, "7.4-16": false, "7.10": false, "8.0": false, "10.1.2": false} {
		got := cluster(t, healthy(version, map[string][]string{"/": proxmox.Role(version)}, nil), nil).Check(context.Background())
		if (got.Err() != nil) != tooOld {
			t.Errorf("%s: got %q, want too old: %v", version, got.Problems, tooOld)
		}
	}
}

func TestRole_dependsOnTheVersion(t *testing.T) {
	t.Parallel()
	for version, sdn := range map[string]bool{"7.4-16": false, "8.4.5": true, "9.2.3": true, "": true} {
		got := proxmox.Role(version)
		if slices.Contains(got, "SDN.Use") != sdn || !slices.Contains(got, "VM.Clone") || !slices.IsSorted(got) {
			t.Errorf("%q: got %v, want SDN.Use: %v", version, got, sdn)
		}
		// 9 refuses a role with VM.Monitor, older releases one with VM.GuestAgent.
		newest := version == "" || strings.HasPrefix(version, "9")
		if slices.Contains(got, "VM.Monitor") == newest || slices.Contains(got, "VM.GuestAgent.Unrestricted") != newest {
			t.Errorf("%q: got %v", version, got)
		}
	}
}
