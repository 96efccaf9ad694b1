package bridge

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// HeaderTasks marks the answer that is a stream of TaskLine; refusals do not have it.
const HeaderTasks = "X-Kvmbridge-Tasks"

// Tasks runs the periodic work for somebody who looks on.
type Tasks interface {
	// Begin checks what is asked for; the error is a Refusal or a fault of our own. run does it and tells whether all went
	// well. It says each line as it happens, one at a time, and does not end because nobody reads any more.
	Begin(ctx context.Context, args TaskArgs) (run func(say func(line string)) (well bool), err error)
}

// TaskArgs are what stands on the command line of cron.php.
type TaskArgs struct {
	Task   string `json:"task" maxLength:"100" required:"false" doc:"id of one task, run whether it is due or not; empty = all that are due"`
	Force  bool   `json:"force" required:"false" doc:"all, whether they are due or not"`
	List   bool   `json:"list" required:"false" doc:"only say how they stand"`
	NoLock bool   `json:"no_lock" required:"false" doc:"beside whoever is at it"`
	Clear  bool   `json:"clear" required:"false" doc:"only release every lock"`
}

// TaskCall runs tasks.
type TaskCall = AddonOf[TaskArgs]

// TaskLine is one line of the stream: text to print, or the end, or neither, which only says that the work goes on.
type TaskLine struct {
	Line *string `json:"line,omitempty" doc:"to be printed"`
	Exit *int    `json:"exit,omitempty" doc:"the last line: 0 = all went well, 1 = not"`
}

// pulse is how often the stream says that the work goes on.
const pulse = 5 * time.Second

// follow registers the tasks: POST like any command, answered line by line.
func (s *Server) follow(api huma.API, route, summary string) {
	operation := huma.Operation{
		Method: http.MethodPost, Path: route, Summary: summary, OperationID: "tasksrun", Tags: []string{"tasks"},
		MaxBodyBytes: -1, BodyReadTimeout: -1, // as for commands
		Responses: map[string]*huma.Response{"200": {
			Description: "one JSON object per line, the last of which has exit",
			Content:     map[string]*huma.MediaType{"application/x-ndjson": {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[TaskLine](), true, "")}},
		}},
		Errors: []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusInternalServerError},
	}
	huma.Register(api, operation, func(ctx context.Context, in *input[TaskCall]) (*huma.StreamResponse, error) {
		run, err := s.tasks.Begin(ctx, in.Body.Args)
		if err != nil {
			r := replyOf[Nothing](ctx, Nothing{}, err)
			s.settle(ctx, route, err)
			return nil, newRefused(http.StatusUnprocessableEntity, r.Code, r.Message)
		}
		return &huma.StreamResponse{Body: func(out huma.Context) { stream(out, run) }}, nil
	})
}

// stream sends what a run says. The run goes on when the reader is gone.
func stream(out huma.Context, run func(say func(string)) bool) {
	out.SetHeader(HeaderTasks, "1")
	out.SetHeader("Content-Type", "application/x-ndjson")
	out.SetHeader("Cache-Control", "no-store")
	out.SetHeader("X-Accel-Buffering", "no") // a proxy in between would hold lines back
	out.SetStatus(http.StatusOK)
	p := newPrinter(out.BodyWriter())
	stop := p.beat()
	defer stop() // also when the run panics
	exit := 1
	if run(func(line string) { p.send(TaskLine{Line: &line}) }) {
		exit = 0
	}
	stop()
	p.send(TaskLine{Exit: &exit})
	_ = p.control.SetWriteDeadline(time.Time{}) // it would hold for the next request on the connection
}

// printer sends lines one by one; after the first that nobody took it sends none.
type printer struct {
	mu      sync.Mutex
	w       io.Writer
	control *http.ResponseController
	gone    bool
}

func newPrinter(w io.Writer) *printer {
	out, _ := w.(http.ResponseWriter) // echo's always is
	control := http.NewResponseController(out)
	return &printer{w: &patient{w, control}, control: control}
}

func (p *printer) send(l TaskLine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return
	}
	p.gone = json.NewEncoder(p.w).Encode(l) != nil || p.control.Flush() != nil
}

// beat sends empty lines until it is stopped, once or twice.
func (p *printer) beat() (stop func()) {
	ticker, done := time.NewTicker(pulse), make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				p.send(TaskLine{})
			}
		}
	})
	return sync.OnceFunc(func() {
		ticker.Stop()
		close(done)
		beating.Wait()
	})
}
