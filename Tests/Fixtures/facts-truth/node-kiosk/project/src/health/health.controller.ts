import { Controller, Get } from '@nestjs/common';

@Controller()
export class HealthController {
  @Get('healthz')
  health(): string {
    return 'ok';
  }

  @Get('version')
  version(): string {
    return process.env.KIOSK_VERSION ?? 'unknown';
  }
}
