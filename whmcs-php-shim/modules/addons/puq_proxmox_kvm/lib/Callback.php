<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** Checks a request of the service before anything is done, and answers it once, with nothing but JSON. */
final class Callback
{
    private const MOST_BYTES = 1048576;

    /** Set once an effect may have happened: the service then knows that it cannot know. */
    private static ?Fault $lastWords = null;

    /** Before WHMCS is loaded: cheap refusals, and a JSON answer even if PHP dies or WHMCS exits. */
    public static function begin(array $server): void
    {
        register_shutdown_function(static fn () => self::refuse(self::$lastWords ?? new Fault('whmcs_unavailable')));
        ($server['REQUEST_METHOD'] ?? '') === 'POST' || self::refuse(new Fault('bad_method'));
    }

    public static function run(array $server): void
    {
        try {
            $body = (string) file_get_contents('php://input', false, null, 0, self::MOST_BYTES + 1);
            if (strlen($body) > self::MOST_BYTES) {
                throw new Fault('too_large');
            }
            Signature::check(Settings::load()->keys(), $server, $body, time());
            self::$lastWords = new Fault('whmcs_failed', 'PHP ended while it was at work');
            $answer = ['result' => 'success', 'code' => '', 'message' => '', 'data' => (object) Effects::apply($body)];
            Output::begin(200, Output::JSON, Payload::json($answer));
        } catch (\Throwable $error) {
            self::refuse($error instanceof Fault ? $error : new Fault('whmcs_failed', $error->getMessage()));
        }
    }

    public static function refuse(Fault $fault): void
    {
        Output::begin($fault->status, Output::JSON, Payload::json(['result' => 'error', 'code' => $fault->reason,
            'message' => $fault->getMessage(), 'data' => new \stdClass()]));
        exit;
    }
}
