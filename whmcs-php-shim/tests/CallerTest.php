<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Payload;
use WHMCS\Database\Capsule;

final class CallerTest extends ShimTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        Capsule::$tables = ['tblclients' => [['id' => 12]], 'tbladmins' => [['id' => 7]]];
    }

    public function testCaller_isTheSystemWithoutASession(): void
    {
        self::assertSame(['kind' => 'system', 'id' => 0], Payload::base()['caller']);
    }

    public function testCaller_isTheAdmin(): void
    {
        $_SESSION = ['adminid' => 7, 'devhost_client' => 12];
        self::assertSame(['kind' => 'admin', 'id' => 7], Payload::base()['caller']);
    }

    /**
     * An admin who looks at the client area as the client acts there as the client.
     *
     * @runInSeparateProcess
     */
    public function testCaller_isTheClientInTheClientArea(): void
    {
        define('CLIENTAREA', true);
        $_SESSION = ['adminid' => 7, 'devhost_client' => 12];
        self::assertSame(['kind' => 'client', 'id' => 12], Payload::base()['caller']);
    }

    /** @runInSeparateProcess */
    public function testCaller_isTheAdminInTheClientAreaWithoutAClient(): void
    {
        define('CLIENTAREA', true);
        $_SESSION = ['adminid' => 7];
        self::assertSame(['kind' => 'admin', 'id' => 7], Payload::base()['caller']);
    }
}
