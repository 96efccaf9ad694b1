package hestiafake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// request is one call of the API.
type request struct {
	address        string
	user, password string // password mode
	key, secret    string // access key mode
	hash           string // neither: a legacy key, which this panel does not know
	cmd            string
	code           bool
	named          map[string]string
	args           []string // closed up: an argument that was left out shifts those behind it
}

// reply is what goes back; code goes into a header unless it is negative.
type reply struct {
	status int
	code   int
	body   string
}

// ServeHTTP implements http.Handler.
func (p *Panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.enter()
	defer p.leave()
	if p.refuses(address(r)) {
		panic(http.ErrAbortHandler)
	}
	switch r.URL.Path {
	case "/api/index.php", "/api/":
		p.api(w, r)
	case "/api":
		http.Redirect(w, r, "/api/", http.StatusMovedPermanently)
	default:
		page(w, http.StatusNotFound)
	}
}

func (p *Panel) api(w http.ResponseWriter, r *http.Request) {
	var off Off
	p.Set(func(s *State) { off = s.API })
	if off == Removed {
		page(w, http.StatusNotFound)
		return
	}
	if off == ByCommand {
		send(w, reply{status: http.StatusOK, code: -1, body: "Error: Disabled"})
		return
	}
	req, ok := read(r)
	if !ok {
		send(w, reply{status: http.StatusMethodNotAllowed, code: http.StatusMethodNotAllowed, body: "Error: data received is null or invalid, check the documentation"})
		return
	}
	p.note(r.URL.Path, req)
	fault := p.fault(req.cmd)
	if fault != nil && fault.Code == "" {
		p.spoil(w, req, *fault)
		return
	}
	if no := p.login(req); no != nil {
		send(w, *no)
		return
	}
	send(w, req.reply(p.finish(r.Context(), req, fault)))
}

// finish waits for a command that goes on when its client leaves.
func (p *Panel) finish(ctx context.Context, req request, fault *Fault) result {
	if fault != nil && fault.Done {
		p.run(req)
	}
	if fault != nil {
		code, _ := strconv.Atoi(fault.Code)
		return result{code: code, output: "Error: code " + fault.Code}
	}
	done := make(chan result, 1)
	go func() { done <- p.run(req) }()
	select {
	case res := <-done:
		return res
	case <-ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// spoil breaks the answer of a call.
func (p *Panel) spoil(w http.ResponseWriter, req request, f Fault) {
	if f.Done {
		p.run(req)
	}
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	if f.Body == "" {
		page(w, f.Status)
		return
	}
	send(w, reply{status: f.Status, code: -1, body: f.Body})
}

func (p *Panel) fault(cmd string) (met *Fault) {
	p.Set(func(s *State) {
		for i, f := range s.Faults {
			if f.Cmd == "" || f.Cmd == cmd {
				met = &f
				s.Faults = append(s.Faults[:i:i], s.Faults[i+1:]...)
				return
			}
		}
	})
	return met
}

// read takes a form or a JSON object; anything else is no request.
func read(r *http.Request) (request, bool) {
	fields := map[string]string{}
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return request{}, false
	}
	r.Body = io.NopCloser(strings.NewReader(string(raw)))
	if r.ParseForm() == nil {
		for name, values := range r.PostForm {
			fields[name] = values[len(values)-1]
		}
	}
	if !anyOf(fields, "user", "hash", "access_key") {
		clear(fields)
		if json.Unmarshal(raw, &fields) != nil || !anyOf(fields, "user", "hash", "access_key") {
			return request{}, false
		}
	}
	return understand(fields, address(r)), true
}

func understand(f map[string]string, from string) request {
	req := request{
		address: from, user: f["user"], password: f["password"], hash: f["hash"], key: f["access_key"], secret: f["secret_key"],
		cmd: strings.TrimSpace(f["cmd"]), code: f["returncode"] == "yes", named: map[string]string{},
	}
	if id, secret, ok := strings.Cut(req.hash, ":"); ok && len(id) == 20 && len(secret) == 40 {
		req.key, req.secret, req.hash = id, secret, ""
	}
	for i := 1; i <= 13; i++ {
		name := fmt.Sprintf("arg%d", i)
		if v, ok := f[name]; ok {
			req.named[name] = v
			req.args = append(req.args, strings.TrimSpace(v))
		}
	}
	return req
}

func anyOf(fields map[string]string, names ...string) bool {
	for _, n := range names {
		if _, ok := fields[n]; ok {
			return true
		}
	}
	return false
}

// reply puts a command's result into the words of the mode that was used.
func (r request) reply(res result) reply {
	switch {
	case r.code && r.key != "":
		return reply{status: http.StatusOK, code: res.code, body: strconv.Itoa(res.code)}
	case r.code:
		return reply{status: http.StatusOK, code: -1, body: strconv.Itoa(res.code)}
	case r.key == "" && res.output == "":
		return reply{status: http.StatusOK, code: -1, body: "OK"}
	case r.key == "":
		return reply{status: http.StatusOK, code: -1, body: res.output + "\n"}
	case res.code != 0:
		return reply{status: statusOf(res.code), code: res.code, body: res.output}
	case res.output == "":
		return reply{status: http.StatusNoContent}
	default:
		return reply{status: http.StatusOK, body: res.output}
	}
}

func send(w http.ResponseWriter, r reply) {
	if r.code >= 0 {
		w.Header().Set("Hestia-Exit-Code", strconv.Itoa(r.code))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(r.status)
	if r.status != http.StatusNoContent {
		_, _ = io.WriteString(w, r.body)
	}
}

// page is what the web server says without asking anybody.
func page(w http.ResponseWriter, status int) {
	send(w, reply{status: status, code: -1, body: fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body></body>\r\n</html>\r\n", status, http.StatusText(status))})
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
