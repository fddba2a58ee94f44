import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { OrdersController } from '@orders/orders.controller';
import { OrdersService } from '@orders/orders.service';
import { HealthController } from './health/health.controller';

@Module({
  imports: [ConfigModule.forRoot({ isGlobal: true })],
  controllers: [OrdersController, HealthController],
  providers: [OrdersService],
})
export class AppModule {}
