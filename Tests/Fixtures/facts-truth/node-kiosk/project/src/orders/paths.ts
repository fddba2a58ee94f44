export enum Paths {
  Orders = 'orders',
}
