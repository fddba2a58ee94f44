import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { OrdersService } from './orders.service';
import { Paths } from './paths';

@Controller(Paths.Orders)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get()
  list() {
    return this.orders.all();
  }

  @Get([':id', 'by-id/:id'])
  one(@Param('id') id: string) {
    return this.orders.one(id);
  }

  @Post()
  @HttpCode(202)
  place(@Body() body: unknown) {
    return this.orders.place(body);
  }

  @Patch(':id/state')
  advance(@Param('id') id: string) {
    return this.orders.advance(id);
  }

  @Delete(':id')
  cancel(@Param('id') id: string) {
    return this.orders.cancel(id);
  }
}
