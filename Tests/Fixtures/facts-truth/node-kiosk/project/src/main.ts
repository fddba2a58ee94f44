import { NestFactory } from '@nestjs/core';
import { ConfigService } from '@nestjs/config';
import { AppModule } from './app.module';

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.setGlobalPrefix('kiosk', { exclude: ['healthz'] });
  const config = app.get(ConfigService);
  await app.listen(Number(config.get('KIOSK_PORT', '4100')));
}

void bootstrap();
