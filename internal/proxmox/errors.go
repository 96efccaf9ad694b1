package proxmox

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Error is an answer of Proxmox that is not 2xx. It matches the sentinels of vm with errors.Is and knows its fault.
type Error struct {
	Code   int
	Reason string            // the message, from the status line or the body, on one line
	Fields map[string]string // messages per parameter
	Method string
	Path   string // below /api2/json, without query
}

// Error is a sentence without JSON: "Proxmox refused PUT config of VM 100: memory: value must have a minimum value of 16".
func (e *Error) Error() string {
	what := e.Method + " " + subject(e.Path)
	switch {
	case e.Code == http.StatusUnauthorized && e.Path == loginPath:
		return "Proxmox does not accept the user name and password: " + e.Reason
	case e.Code == http.StatusUnauthorized:
		return fmt.Sprintf("Proxmox does not accept the API token or ticket (%s): %s; check the token's id and secret on the server's page in WHMCS", what, e.Reason)
	case e.Code == http.StatusForbidden:
		return fmt.Sprintf("Proxmox refused %s: %s", what, e.missingRight())
	case e.unanswered():
		return fmt.Sprintf("Proxmox could not complete %s (%d %s); it is not known whether it happened", what, e.Code, e.Reason)
	case gateway(e.Code):
		return fmt.Sprintf("Proxmox could not answer %s now (%d %s)", what, e.Code, e.Reason)
	case e.Code/100 == 3:
		return fmt.Sprintf("the address answers %s with a redirect (%d); is it the https address of a Proxmox API?", what, e.Code)
	default:
		return fmt.Sprintf("Proxmox refused %s: %s", what, e.text())
	}
}

// Fault implements pipeline.Faulty.
func (e *Error) Fault() pipeline.Fault { return e.verdict().fault }

// Is matches the sentinels of vm.
func (e *Error) Is(target error) bool {
	if target == hypervisor.ErrUnknownOutcome {
		return e.unanswered()
	}
	s := e.verdict().sentinel
	return s != nil && s == target
}

// unanswered says whether a write may have happened although the answer is an error.
func (e *Error) unanswered() bool {
	return gateway(e.Code) && e.Method != http.MethodGet && e.Path != loginPath
}

func (e *Error) verdict() verdict {
	switch {
	case gateway(e.Code), e.Code == http.StatusTooManyRequests:
		return verdict{fault: pipeline.Transient}
	case e.Code == http.StatusUnauthorized, e.Code == http.StatusForbidden, e.Code/100 == 3:
		return verdict{fault: pipeline.NeedsPerson}
	default:
		return judge(e.text())
	}
}

// text is the reason, or for a parameter error its fields in a fixed order.
func (e *Error) text() string {
	if len(e.Fields) == 0 {
		return e.Reason
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, key+": "+e.Fields[key])
	}
	return strings.Join(parts, "; ")
}

// hide blanks a secret that Proxmox repeated in its message.
func (e *Error) hide(secret string) {
	if len(secret) < 4 {
		return
	}
	e.Reason = strings.ReplaceAll(e.Reason, secret, "…")
	for key, value := range e.Fields {
		e.Fields[key] = strings.ReplaceAll(value, secret, "…")
	}
}

// NoAnswerError is a call without a usable answer: nothing listens, the connection broke, the time was over.
type NoAnswerError struct {
	Method string
	Path   string
	Host   string
	Sent   bool // something may have reached Proxmox
	Cause  error
}

func (e *NoAnswerError) Error() string {
	what := e.Method + " " + subject(e.Path)
	switch {
	case !e.Sent:
		return fmt.Sprintf("Proxmox at %s is not reachable for %s: %v; check the server's hostname and port, and the network between", e.Host, what, e.Cause)
	case e.unanswered():
		return fmt.Sprintf("no usable answer from Proxmox to %s, it is not known whether it happened: %v", what, e.Cause)
	default:
		return fmt.Sprintf("no usable answer from Proxmox to %s: %v", what, e.Cause)
	}
}

// Unwrap gives the cause, such as the context's error.
func (e *NoAnswerError) Unwrap() error { return e.Cause }

// Is matches vm.ErrUnknownOutcome for writes that may have arrived.
func (e *NoAnswerError) Is(target error) bool {
	return target == hypervisor.ErrUnknownOutcome && e.unanswered()
}

// Fault implements pipeline.Faulty: an unreachable cluster comes back by itself.
func (e *NoAnswerError) Fault() pipeline.Fault { return pipeline.Transient }

func (e *NoAnswerError) unanswered() bool {
	return e.Sent && e.Method != http.MethodGet && e.Path != loginPath
}

// TaskError is a task that ended badly.
type TaskError struct {
	Exit    string
	verdict verdict
}

func (e *TaskError) Error() string { return "Proxmox task failed: " + e.Exit }

// Is matches the sentinels of vm.
func (e *TaskError) Is(target error) bool {
	return e.verdict.sentinel != nil && e.verdict.sentinel == target
}

// Fault implements pipeline.Faulty.
func (e *TaskError) Fault() pipeline.Fault { return e.verdict.fault }

// Classify turns a task's exit text into a *TaskError by the table that also judges direct answers; nil for OK and WARNINGS.
func Classify(exit string) error {
	exit = oneLine(exit)
	if succeeded(exit) {
		return nil
	}
	if exit == "" {
		return &TaskError{Exit: "it ended without a status", verdict: verdict{fault: pipeline.Transient}}
	}
	return &TaskError{Exit: exit, verdict: judge(exit)}
}

// succeeded knows that warnings are a success (pve-behaviour §3).
func succeeded(exit string) bool { return exit == "OK" || strings.HasPrefix(exit, "WARNINGS") }

// TaskFault implements vm.Inventory.
func (c *Cluster) TaskFault(exit string) error { return Classify(exit) }

// gateway lists the codes of whoever stands in front of the one that works: Proxmox's own forwarder (595 to 599, also
// after 30 s without an answer while the work goes on, pve-behaviour §1.4) or a proxy.
func gateway(code int) bool {
	return code >= 595 && code <= 599 || code == http.StatusBadGateway ||
		code == http.StatusServiceUnavailable || code == http.StatusGatewayTimeout
}

// verdict is what a message means.
type verdict struct {
	sentinel error
	fault    pipeline.Fault
}

// rule: a message that matches means the verdict; the first match of the table counts.
type rule struct {
	match    *regexp.Regexp
	sentinel error
	fault    pipeline.Fault
}

func words(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// rules is the one place where Proxmox's messages get a meaning (texts: pve-behaviour §4, 5, 7, 10 to 16, 19, 20, 24).
//
//nolint:gochecknoglobals // immutable table
var rules = []rule{
	// Somebody else works on the guest, its storage or a file.
	{words(`is locked \(|can't lock file|got lock request timeout|-locked command timed out|cfs-lock .*(timeout|timed out)`), hypervisor.ErrLocked, pipeline.Transient},
	{words(`[Ff]ailed to obtain guest migration lock|unable to acquire lock|trying to acquire lock`), hypervisor.ErrLocked, pipeline.Transient},
	// No quorum shows in three texts, depending on who notices.
	{words(`no quorum|unable to open file '/etc/pve/.*Permission denied`), nil, pipeline.Transient},
	{words(`(VM|CT) \d+ already exists|config file already exists|/etc/pve/nodes/.*File exists`), hypervisor.ErrTaken, pipeline.Transient},
	// Not there: it was moved to another node a moment ago, or is gone, which only a look at the whole cluster tells.
	{words(`[Cc]onfiguration file '.*' does not exist|unable to find configuration file for VM`), hypervisor.ErrNoGuest, pipeline.Transient},
	{words(`checksum miss?match|detected modified configuration`), hypervisor.ErrChanged, pipeline.Transient},
	{words(`no such IPSet|no such IP/Network|no rule at position|snapshot '.*' does not exist|disk '.*' does not exist`), hypervisor.ErrMissing, pipeline.Permanent},
	// The inside of a guest: nothing that answers (pve-behaviour §20).
	{words(`No QEMU guest agent configured`), hypervisor.ErrNoAgent, pipeline.NeedsPerson},
	{words(`QEMU guest agent is not running|VM \d+ is not running|qga command '.*' failed`), hypervisor.ErrNoAgent, pipeline.Transient},
	// What must not be removed as it is (pve-behaviour §11, §16, §24.3).
	{words(`VM \d+ is running - destroy failed`), nil, pipeline.Transient},
	{words(`protection mode enabled|cannot remove protected (volume|archive)|still in use by linked clone`), nil, pipeline.NeedsPerson},
	// Things that a person has to provide.
	{words(`storage '.*' does not exist|storage '.*' is (disabled|not available|not online)|[Nn]o such storage|does not support (vm images|content)`), nil, pipeline.NeedsPerson},
	{words(`bridge '.*' does not exist|no such cluster node|hostname lookup '|volume '.*' does not exist|no such volume`), nil, pipeline.NeedsPerson},
	{words(`max backup limit|number of protected backups`), nil, pipeline.NeedsPerson},
	{words(`[Nn]o space left|(not enough|insufficient|out of) (free |disk )?space|[Dd]isk quota exceeded|unable to get any free VMID`), nil, pipeline.NeedsPerson},
	{words(`[Pp]ermission check failed|[Oo]nly root (can|may)|not allowed for linked clones|[Cc]lone feature is not supported|as it's a clone of|can't clone (VM )?to`), nil, pipeline.NeedsPerson},
	{words(`certificate|[Hh]ost key verification failed`), nil, pipeline.NeedsPerson},
	// Troubles that pass.
	{words(`got timeout|timed? ?out|[Cc]onnection (refused|reset)|[Nn]o route to host|[Bb]roken pipe|hotplug problem`), nil, pipeline.Transient},
	{words(`received interrupt|interrupted by signal|unexpected status|unable to get last line|unexpected state change`), nil, pipeline.Transient},
}

// judge finds the verdict of a message; what nobody knows is permanent: it will be the same until something changes.
func judge(text string) verdict {
	for _, r := range rules {
		if r.match.MatchString(text) {
			return verdict{r.sentinel, r.fault}
		}
	}
	return verdict{fault: pipeline.Permanent}
}

// missingRight puts "Permission check failed (/vms/100, VM.Audit)" into words; any-of lists use a bar. For a choice of
// paths Proxmox names nothing (pve-behaviour §2); the only such call here is clone.
func (e *Error) missingRight() string {
	m := words(`Permission check failed \((/[^,]*), ([A-Za-z.|]+)\)`).FindStringSubmatch(e.Reason)
	switch {
	case m != nil:
		return fmt.Sprintf("the API user lacks the privilege %s on %s; grant it under Datacenter, Permissions",
			strings.ReplaceAll(m[2], "|", " or "), m[1])
	case strings.HasSuffix(e.Path, "/clone"):
		return fmt.Sprintf("the API user lacks the privilege VM.Allocate on the new guest; grant it on /vms under Datacenter, Permissions (%s)", e.Reason)
	default:
		return "the API user lacks the rights: " + e.Reason
	}
}

// subject names the target of a path in words: "config of VM 100", "storage of node pve1".
func subject(path string) string {
	part := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(part) >= 4 && part[0] == "nodes" && part[2] == "qemu":
		if len(part) == 4 {
			return "VM " + part[3]
		}
		return strings.Join(part[4:], "/") + " of VM " + part[3]
	case len(part) >= 3 && part[0] == "nodes":
		return strings.Join(part[2:], "/") + " of node " + part[1]
	default:
		return path
	}
}

// errNoTask: Proxmox promised a task and named none.
var errNoTask = errors.New("the answer names no task")
