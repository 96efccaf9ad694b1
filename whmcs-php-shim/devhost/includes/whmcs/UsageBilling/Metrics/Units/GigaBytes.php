<?php

declare(strict_types=1);

namespace WHMCS\UsageBilling\Metrics\Units;

final class GigaBytes extends FloatingPoint
{
}
