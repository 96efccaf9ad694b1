<?php
/**
 * Router of the fake sidecar: /BEHAVIOUR/v1/... It keeps the last request and answers as the behaviour says.
 */

declare(strict_types=1);

$folder = (string) getenv('FAKE_FOLDER');
$behaviour = explode('/', $_SERVER['REQUEST_URI'])[1];
file_put_contents("$folder/request.json", json_encode([
    'method' => $_SERVER['REQUEST_METHOD'],
    'path' => $_SERVER['REQUEST_URI'],
    'server' => array_filter($_SERVER, static function (string $name): bool {
        return strpos($name, 'HTTP_') === 0 || strpos($name, 'REQUEST_') === 0 || $name === 'CONTENT_TYPE';
    }, ARRAY_FILTER_USE_KEY),
    'body' => file_get_contents('php://input'),
]));
$answer = static function (int $status, string $body, string $type = 'application/json'): void {
    http_response_code($status);
    header("Content-Type: $type");
    echo $body;
};
$success = '{"result":"success","code":"ok","message":"","data":{"html":"<p>page</p>","description":"<p>notes</p>",'
    . '"fields":{"B":"<b>1</b>","A":"2"},"usage":{"use.example.com":{"Bandwidth Usage In":1.234,"Bandwidth Usage Out":0}}}}';
switch ($behaviour) {
    case 'success':
        return $answer(200, $success);
    case 'recorded':
        $recorded = json_decode((string) file_get_contents("$folder/answer.json"), true);
        array_map('header', $recorded['head']);
        return $answer($recorded['status'], $recorded['body']);
    case 'long': // 40 MB in a list, 1 MB of it at a time
        header('X-Kvmbridge-List: 1');
        $entry = str_repeat('x', 1048570);
        $answer(200, '[""');
        for ($n = 0; $n < 40; $n++) {
            echo ",\"$entry\"";
        }
        echo ']';
        return;
    case 'refusal':
        return $answer(200, '{"result":"error","code":"no_template","message":"The product has no template. Choose one.","data":{}}');
    case 'mute-refusal':
        return $answer(200, '{"result":"error"}');
    case 'refusal-422':
        return $answer(422, '{"result":"error","code":"bad_field","message":"The field x is not as it should be.","data":{}}');
    case 'html':
        return $answer(200, '<html><body>Welcome to nginx</body></html>', 'text/html');
    case 'error-500':
        return $answer(500, 'Internal Server Error', 'text/plain');
    case 'success-500':
        return $answer(500, $success);
    case 'not-json':
        return $answer(200, '{"result":"success",');
    case 'scalar':
        return $answer(200, '"success"');
    case 'list':
        return $answer(200, '[]');
    case 'empty':
        return $answer(200, '');
    case 'bare':
        return $answer(200, '{"result":"success"}');
    case 'odd-data':
        return $answer(200, '{"result":"success","data":{"html":["x"],"fields":"text","description":7,"message":{"a":1}}}');
    case 'redirect':
        header('Location: /success/v1/module/CreateAccount');
        return $answer(302, '');
    case 'slow':
        sleep(3);
        return $answer(200, $success);
    case 'tasks': // the second line waits until somebody has read the first
    case 'tasks-fail':
    case 'tasks-cut':
    case 'tasks-beat':
    case 'tasks-silent':
        header('X-Kvmbridge-Tasks: 1');
        header('Content-Type: application/x-ndjson');
        $say = static function (string ...$lines): void {
            foreach ($lines as $line) {
                echo $line, "\n";
                ob_get_level() > 0 && ob_flush();
                flush();
            }
        };
        $until = microtime(true) + 8;
        switch ($behaviour) {
            case 'tasks':
                $say('{"line":"first — ü"}', '{}');
                while (!is_file("$folder/go.json") && microtime(true) < $until) {
                    usleep(10000);
                }
                return $say('{"line":""}', '{"line":"second"}', '{"exit":0}');
            case 'tasks-fail':
                return $say('{"line":"failed"}', '{"exit":1}');
            case 'tasks-cut':
                return $say('{"line":"first"}', '{}');
            case 'tasks-beat':
                for ($n = 0; $n < 6; $n++) {
                    $say('{}');
                    usleep(500000);
                }
                return $say('{"exit":0}');
            default:
                $say('{"line":"first"}');
                sleep(8);
                return;
        }
    case 'cut':
        header('Content-Length: 1000');
        return $answer(200, '{"result"');
    case 'list-slow':
        header('X-Kvmbridge-List: 1');
        sleep(3);
        return $answer(200, '[]');
    case 'huge':
        return $answer(200, str_repeat(' ', 9 * 1024 * 1024) . $success);
    default:
        return $answer(404, 'unknown behaviour');
}
