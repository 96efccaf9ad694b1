<?php

declare(strict_types=1);

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
        if (($server['REQUEST_METHOD'] ?? '') !== 'POST') {
            self::refuse(new Fault('bad_method'));
        }
        if ((int) ($server['CONTENT_LENGTH'] ?? 0) > self::MOST_BYTES) {
            self::refuse(new Fault('too_large'));
        }
    }

    public static function run(array $server): void
    {
        try {
            if (!defined('WHMCS')) {
                throw new Fault('whmcs_unavailable');
            }
            $body = (string) file_get_contents('php://input', false, null, 0, self::MOST_BYTES + 1);
            if (strlen($body) > self::MOST_BYTES) {
                throw new Fault('too_large');
            }
            Signature::check(Settings::load()->keys(), $server, $body, time());
            self::$lastWords = new Fault('whmcs_failed', 'PHP ended while it was at work');
            self::answer(200, ['result' => 'success', 'code' => '', 'message' => '', 'data' => (object) Effects::apply($body)]);
        } catch (Fault $fault) {
            self::refuse($fault);
        } catch (\Throwable $error) {
            self::refuse(new Fault('whmcs_failed', $error->getMessage()));
        }
    }

    public static function refuse(Fault $fault): void
    {
        $message = $fault->getMessage();
        self::answer($fault->status, ['result' => 'error', 'code' => $fault->reason, 'message' => $message, 'data' => new \stdClass()]);
    }

    private static function answer(int $status, array $answer): void
    {
        static $answered = false;
        if ($answered) {
            return;
        }
        $answered = true;
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        if (!headers_sent()) {
            header('Content-Type: application/json', true, $status);
            header('Cache-Control: no-store');
        }
        echo Payload::json($answer);
        exit;
    }
}
