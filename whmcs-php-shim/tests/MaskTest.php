<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Funnel;

final class MaskTest extends ShimTestCase
{
    private const MARKER = "M&rk€r/\"q'<x>+ \\end";

    /** @dataProvider behaviours */
    public function testModuleLog_neverHoldsASecret(string $behaviour, string $function = 'CreateAccount', string $action = 'CreateAccount'): void
    {
        $this->sidecarIs(FakeSidecar::url($behaviour), ['secret_next' => self::MARKER . 'next']);
        FakeSidecar::answerWith(200, (string) json_encode(['result' => 'error', 'message' => 'It said ' . self::MARKER . ' and '
            . urlencode(self::MARKER) . ' and ' . htmlspecialchars(self::MARKER, ENT_QUOTES) . ' and ' . FakeSidecar::SECRET]));
        $secrets = ['password' => self::MARKER, 'serverpassword' => self::MARKER . 'server', 'serveraccesshash' => self::MARKER . 'hash'];
        ("puqProxmoxKVM_$function")($secrets + self::PARAMS);
        $log = $this->moduleLog();
        self::assertStringContainsString($action, $log);
        self::assertStringContainsString('vm101.example.com', $log, 'what is no secret stays readable');
        foreach (array_merge(self::formsOf(self::MARKER), [FakeSidecar::SECRET]) as $form) {
            self::assertStringNotContainsString($form, $log);
        }
    }

    public function behaviours(): array
    {
        return ['success' => ['success'], 'refusal with the secret in it' => ['recorded'], 'html' => ['html'], 'cut' => ['cut'],
            'new password' => ['recorded', 'ChangePassword', 'ChangePassword'], 'button' => ['recorded', 'Reinstall', 'Command']];
    }

    public function testForms_maskLongestFirst(): void
    {
        $forms = Funnel::forms(['ab', 'abc']);
        self::assertSame('******** ********', str_replace($forms, '********', 'abc ab'));
        self::assertSame([], Funnel::forms(['', '']));
    }

    /** @return string[] independent of the code under test */
    private static function formsOf(string $secret): array
    {
        return ["M&rk€r", 'M&rk\u20acr', 'M%26rk%E2%82%ACr', 'M&amp;rk€r', 'M\u0026rk', $secret];
    }
}
