// Subscriptions as the README of graphql-sse serves them.
import http from "node:http";
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from "graphql";
import { createHandler } from "graphql-sse/lib/use/http";

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: "Query", fields: { hello: { type: GraphQLString, resolve: () => "world" } } }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      greetings: {
        type: GraphQLString,
        subscribe: async function* () {
          for (const greetings of ["Hi", "Bonjour", "Hola", "Ciao", "Zdravo"]) yield { greetings };
        },
      },
    },
  }),
});
http.createServer(createHandler({ schema })).listen(Number(process.argv[2]), "127.0.0.1");
