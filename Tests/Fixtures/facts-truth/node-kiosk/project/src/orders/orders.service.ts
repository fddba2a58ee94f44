import { promises as fs } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';

interface Order {
  id: string;
  state: 'new' | 'paid';
}

@Injectable()
export class OrdersService {
  private readonly known = new Map<string, Order>();
  private readonly kitchen = 'https://kitchen.example.com';

  constructor(private readonly config: ConfigService) {}

  all(): Order[] {
    return [...this.known.values()];
  }

  one(id: string): Order | undefined {
    return this.known.get(id);
  }

  async place(body: unknown): Promise<void> {
    const key = this.config.getOrThrow<string>('KITCHEN_KEY');
    const response = await fetch(`${this.kitchen}/tickets`, { method: 'POST', headers: { key }, body: JSON.stringify(body) });
    if (!response.ok) await fs.appendFile('failed-orders.log', `${response.status}\n`);
  }

  async advance(id: string): Promise<void> {
    if (process.env.DRY_RUN === '1') return;
    await fetch(new URL(`/terminals/${id}`, 'https://pay.example.com:8443'));
  }

  cancel(id: string): boolean {
    return this.known.delete(id);
  }
}
