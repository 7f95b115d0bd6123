import { Column, DataType, Model, Table } from 'sequelize-typescript';

/** What a client may know of an account. */
export interface UserView {
  id: number;
  email: string;
  created_at: string;
}

@Table({ tableName: 'users' })
export class User extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true, autoIncrement: true })
  declare id: number;

  @Column(DataType.STRING(254))
  declare email: string;

  @Column(DataType.TEXT)
  declare passwordHash: string;

  @Column(DataType.DATE)
  declare createdAt: Date;

  /** By name, so that what the table gains one day is not shown by accident. */
  toView(): UserView {
    return { id: this.id, email: this.email, created_at: this.createdAt.toISOString() };
  }
}
